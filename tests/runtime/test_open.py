from __future__ import annotations

import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from datar_edge.bundled import bundled_tflite
from datar_edge.card import CARD_FILE_NAME, ModelCard
from datar_edge.errors import (
    AudioError,
    CardError,
    ConfigError,
    ModelFileError,
    RuntimeFailureError,
)
from datar_edge.runtime import open_session, read_model_card

SAFETENSORS = struct.pack("<Q", 2) + b"{}"
FLATBUFFER = b"\x1c\x00\x00\x00TFL3" + bytes(100)

Change = Callable[[dict[str, object]], None]


def with_card(path: Path, change: Change) -> Path:
    """The bundled model with a card that says something else."""
    content = bundled_tflite().read_bytes()
    with zipfile.ZipFile(bundled_tflite()) as archive:
        card = json.loads(archive.read(CARD_FILE_NAME))
        archive_at = min(info.header_offset for info in archive.infolist())
    change(card)
    path.write_bytes(content[:archive_at])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(CARD_FILE_NAME, json.dumps(card))
    return path


def test_the_bundled_model_runs_and_tells_what_it_is() -> None:
    with open_session() as session:
        card = session.card
        assert card == read_model_card()
        assert (card.preset, card.sample_rate_hz, card.window_samples) == (
            "datar-micro",
            16_000,
            40_960,
        )
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 40_960)).astype(np.float32)
        first = session.run(noise)
        again = session.run(noise)
        other = session.run(noise / 10)
    scores = first[card.main_head]
    assert scores.shape == (len(card.labels),)
    assert scores.dtype == np.float32
    assert scores.sum() == pytest.approx(1.0, abs=1e-4)  # softmax
    np.testing.assert_array_equal(scores, again[card.main_head])
    assert not np.array_equal(scores, other[card.main_head])


def test_threads_change_nothing_but_the_speed() -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 40_960)).astype(np.float32)
    with open_session(threads=1) as one, open_session(threads=2) as two:
        np.testing.assert_allclose(one.run(noise)["class"], two.run(noise)["class"], atol=1e-5)


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with open_session() as session:
        session.run(np.zeros((1, session.card.window_samples), np.float32))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("shape", [(40_960,), (1, 40_959), (2, 40_960)])
def test_what_is_not_one_window_is_refused(shape: tuple[int, ...]) -> None:
    with open_session() as session, pytest.raises(AudioError, match=r"takes float32 \[1, 40960\]"):
        session.run(np.zeros(shape, np.float32))


def test_another_type_is_refused() -> None:
    with open_session() as session, pytest.raises(AudioError, match="the waveform is float64"):
        session.run(np.zeros((1, 40_960)))  # type: ignore[arg-type]


def test_a_closed_session_says_so() -> None:
    session = open_session()
    session.close()
    session.close()
    with pytest.raises(RuntimeFailureError, match="the session is closed"):
        session.run(np.zeros((1, 40_960), np.float32))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.tflite", None, "does not exist"),
        ("model.safetensors", SAFETENSORS, r"is a checkpoint.*datar-edge export"),
        ("model.onnx", b"\x08\x07\x12\x07pyto", "is no ONNX file, or is damaged or cut off"),
        ("junk.tflite", b"junk" * 100, "is not a model file"),
        ("empty.tflite", b"", "is not a model file"),
    ],
)
def test_what_is_no_model_of_ours_is_refused(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    for opening in (open_session, read_model_card):
        with pytest.raises(ModelFileError, match=message) as raised:
            opening(path)
        assert str(path) in raised.value.problem
        assert raised.value.fix


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    misnamed = tmp_path / "model.tflite"
    misnamed.write_bytes(SAFETENSORS)
    with pytest.raises(ModelFileError, match="is a checkpoint"):
        open_session(misnamed)


def test_a_folder_and_a_preset_are_no_model_files(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="is a folder"):
        open_session(tmp_path)
    with pytest.raises(ModelFileError, match="is a preset without trained weights"):
        open_session("datar-micro")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.tflite")
    with pytest.raises(ModelFileError, match="is no regular file"):
        open_session(tmp_path / "model.tflite")


def test_a_model_without_a_card_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.tflite"
    path.write_bytes(FLATBUFFER)
    with pytest.raises(CardError, match="has no datar-edge card"):
        open_session(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_model_that_was_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.tflite"
    content = bundled_tflite().read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CardError, match="or it is cut off"):
        open_session(path)


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    path = with_card(tmp_path / "damaged.tflite", lambda _: None)
    content = bytearray(path.read_bytes())
    content[8:200] = bytes(192)  # the flatbuffer's root
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"cannot be loaded by LiteRT|is damaged"):
        open_session(path)


def test_a_damaged_card_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "damaged.tflite"
    content = bytearray(bundled_tflite().read_bytes())
    with zipfile.ZipFile(bundled_tflite()) as archive:
        info = archive.getinfo(CARD_FILE_NAME)
    body = info.header_offset + 30 + len(CARD_FILE_NAME)
    content[body + 20 : body + 40] = bytes(20)
    path.write_bytes(content)
    with pytest.raises((CardError, ModelFileError)):
        open_session(path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("heads", {"class": ["a", "b"]}, r"gives scores of shape .*, its card says \[\[1, 2\]\]"),
        ("heads", {"class": ["a"], "more": ["b"]}, "gives scores of shape"),
        ("card_version", 2, "has version 2, this release reads 1"),
        ("input_kind", "features", "takes features"),
    ],
)
def test_a_card_that_contradicts_the_model_is_refused(
    tmp_path: Path, field: str, value: object, message: str
) -> None:
    path = with_card(tmp_path / "other.tflite", lambda card: card.update({field: value}))
    with pytest.raises((CardError, ModelFileError), match=message):
        open_session(path)


def test_a_card_with_another_window_is_refused(tmp_path: Path) -> None:
    def shorten(card: dict[str, object]) -> None:
        card["fbank"]["window_s"] = 1.0  # type: ignore[index]

    path = with_card(tmp_path / "other.tflite", shorten)
    with pytest.raises(CardError, match=r"takes inputs of shape .*, its card says \[1, 16000\]"):
        open_session(path)


@pytest.mark.parametrize("threads", [0, -1, 65])
def test_threads_out_of_their_range_are_refused(threads: int) -> None:
    with pytest.raises(ConfigError, match=f"threads is {threads}"):
        open_session(threads=threads)


def test_the_card_is_that_of_the_export() -> None:
    card = read_model_card()
    assert ModelCard.from_json(card.to_json()) == card
