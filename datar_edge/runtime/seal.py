"""A model file's own proof that it is whole: its card tells the SHA-256 of what it belongs to.

Runtimes trust the files they are given: a flipped bit in a graph can make them read beyond their
memory, and a flipped bit in a weight gives wrong scores without a word. A file whose seal holds is
the one that was exported.

What is hashed is the file up to its archive, where it ends in one (TFLite), else the whole file
with zeros in place of the hash itself.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import mmap
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Literal

from datar_edge.card import ModelCard
from datar_edge.errors import ModelFileError

SealState = Literal["holds", "broken", "none"]

_BEFORE = b'"content_sha256": "'  # as ModelCard.to_json writes it
_DIGITS = 64
_BLANK = "0" * _DIGITS
_HEX = frozenset(b"0123456789abcdef")


def sealed(
    with_card: Callable[[bytes, ModelCard], bytes], content: bytes, card: ModelCard
) -> bytes:
    """A file's content with a card that vouches for it.

    Args:
        with_card: puts a card into a file's content, the same way each time.
        content: the graph.
        card: its card.

    Returns:
        The content with the card; without a seal where the format does not keep the card as text.
    """
    blank = with_card(content, dataclasses.replace(card, content_sha256=_BLANK))
    digest = _digest(blank, len(blank), io.BytesIO(blank))
    result = with_card(content, dataclasses.replace(card, content_sha256=digest))
    if _digest(result, len(result), io.BytesIO(result)) == digest and _claim(result) is not None:
        return result
    return with_card(content, dataclasses.replace(card, content_sha256=""))


def seal_of(path: Path) -> SealState:
    """Whether a file is the one that was exported.

    Returns:
        "holds"; "broken" where it was changed since; "none" where nothing in it tells.

    Raises:
        ModelFileError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                return "none"
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                at = _claim(content)
                if at is None:
                    return "none"
                claimed = content[at : at + _DIGITS].decode("ascii")
                return "holds" if _digest(content, len(content), file) == claimed else "broken"
    except OSError as error:
        raise ModelFileError(
            f"model file {path} cannot be read: {error}", fix="Copy it again."
        ) from error


def _claim(content: bytes | mmap.mmap) -> int | None:
    """Where the hash that the card tells stands; None where there is none."""
    found = content.rfind(_BEFORE)
    at = found + len(_BEFORE)
    if found < 0 or not _HEX.issuperset(content[at : at + _DIGITS]) or at + _DIGITS > len(content):
        return None
    return at


def _digest(content: bytes | mmap.mmap, size: int, file: IO[bytes]) -> str:
    end = min(_archive_start(file), size)
    at = _claim(content)
    view = memoryview(content)
    try:
        if at is None or at >= end:
            return hashlib.sha256(view[:end]).hexdigest()
        hasher = hashlib.sha256(view[:at])
        hasher.update(_BLANK.encode("ascii"))
        hasher.update(view[at + _DIGITS : end])
        return hasher.hexdigest()
    finally:
        view.release()


def _archive_start(file: IO[bytes]) -> int:
    """Where the zip archive at a file's end begins; beyond every file where there is none."""
    try:
        with zipfile.ZipFile(file) as archive:
            starts = [info.header_offset for info in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, struct.error):
        starts = []
    return max(0, min(starts)) if starts else 1 << 62
