from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from datar_edge.card import ModelCard
from datar_edge.errors import ModelFileError
from datar_edge.runtime import open_session, read_model_card
from datar_edge.runtime.isolated import IsolatedSession
from datar_edge.runtime.litert import LiteRtSession
from datar_edge.runtime.seal import seal_of, sealed


def in_front(graph: bytes, card: ModelCard) -> bytes:
    """A format that keeps the card as text, before the graph."""
    return b"HEAD" + card.to_json().encode() + graph


def as_numbers(graph: bytes, card: ModelCard) -> bytes:
    """A format that does not keep it as text."""
    return graph + bytes(byte ^ 0xFF for byte in card.to_json().encode())


def test_a_seal_holds_until_a_bit_changes(sealed_file: Path, tmp_path: Path) -> None:
    assert seal_of(sealed_file) == "holds"
    content = bytearray(sealed_file.read_bytes())
    path = tmp_path / "changed.tflite"
    for at in (0, 100, len(content) // 2, len(content) // 2 + 1_000_001):
        content[at] ^= 1
        path.write_bytes(content)
        assert seal_of(path) == "broken"
        content[at] ^= 1
    path.write_bytes(content)
    assert seal_of(path) == "holds"


def test_a_file_that_was_changed_is_not_opened(sealed_file: Path, tmp_path: Path) -> None:
    content = bytearray(sealed_file.read_bytes())
    content[len(content) // 2] ^= 1  # a weight, which every runtime would take
    path = tmp_path / "changed.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"changed.tflite is damaged.*Copy it again"):
        open_session(path)


def test_the_seal_decides_where_a_file_is_loaded(sealed_file: Path, bare_file: Path) -> None:
    with open_session(sealed_file) as session:
        assert isinstance(session, LiteRtSession)
    with open_session(bare_file) as session:
        assert isinstance(session, IsolatedSession)
    with open_session(bare_file, isolated=False) as session:
        assert isinstance(session, LiteRtSession)


@pytest.mark.parametrize("content", [b"", b"graph", bytes(1_000)])
def test_a_card_within_the_file_seals_what_is_around_it(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    written = sealed(in_front, content, read_model_card())
    path.write_bytes(written)
    assert seal_of(path) == "holds"
    card = json.loads(written[4 : len(written) - len(content)])
    assert len(card["content_sha256"]) == 64
    path.write_bytes(written.replace(b"HEAD", b"HEAT"))
    assert seal_of(path) == "broken"
    path.write_bytes(written.replace(b"Rain", b"Snow"))
    assert seal_of(path) == "broken"
    path.write_bytes(written + b" ")
    assert seal_of(path) == "broken"


def test_a_format_that_cannot_hold_a_seal_goes_without(tmp_path: Path) -> None:
    card = dataclasses.replace(read_model_card(), content_sha256="")
    written = sealed(as_numbers, b"graph", card)
    assert written == as_numbers(b"graph", card)
    path = tmp_path / "model.bin"
    path.write_bytes(written)
    assert seal_of(path) == "none"


def test_an_empty_file_has_no_seal_and_a_missing_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert seal_of(tmp_path / "empty") == "none"
    with pytest.raises(ModelFileError, match="cannot be read"):
        seal_of(tmp_path / "none")
