"""Damaged model files: each is opened, its card read, and half a second tagged with it."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path

import numpy as np

import datar_edge
from datar_edge.errors import DatarEdgeError
from datar_edge.runtime import read_model_card
from tools.fuzz import damage
from tools.fuzz.damage import Random

TOKENS = (
    b"null", b"-1", b"0", b"1e999", b"NaN", b"[]", b"{}", b'""', b"true", b"99999999999999999999",
    b'"\xff"', b"[[[[", b"16000", b'"features"', b"0.5",
)  # fmt: skip


def card(content: bytearray, random: Random) -> None:
    """Puts another value into the card, its check sums made right where the format has them."""
    start = content.rfind(b'"card_version"')
    if start < 0:
        return damage.flip(content, random)
    end = content.find(b"\n}", start)
    text = bytes(content[start:end])
    values = [at for at in range(len(text)) if text[at : at + 2] == b": "]
    at = values[int(random.integers(len(values)))] + 2
    token = TOKENS[int(random.integers(len(TOKENS)))]
    stop = min(i for i in (text.find(b",", at), text.find(b"\n", at), len(text)) if i >= 0)
    changed = text[:at] + token + text[stop:]
    if content[4:8] != b"TFL3":
        content[start:end] = changed
        return None
    return rezip(content, text, changed)


def rezip(content: bytearray, old: bytes, new: bytes) -> None:
    """Puts `new` in place of `old` into the archive behind a TFLite graph."""
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    end = essential_size(content)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in entries.items():
            archive.writestr(name, body.replace(old, new))
    content[end:] = buffer.getvalue()


def essential_size(content: bytes | bytearray) -> int:
    """Bytes that must be whole for the file to be used: all but the archive behind TFLite."""
    if content[4:8] != b"TFL3":
        return len(content)
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        return min(info.header_offset for info in archive.infolist())


KINDS = (*damage.KINDS, damage.number, card)


def outcome(path: Path) -> tuple[str, str]:
    """How reading the card, loading and tagging half a second ended.

    Returns:
        The error's name and what it told, or "ran" and nothing.
    """
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 8_000).astype(np.float32)
    with contextlib.suppress(DatarEdgeError):
        read_model_card(path)
    try:
        with datar_edge.load(path) as tagger:
            tagger.tag(sound, 16_000)
    except DatarEdgeError as error:
        ended = type(error).__name__ if "\n" not in str(error) else "escaped"
        return ended, str(error)
    return "ran", ""
