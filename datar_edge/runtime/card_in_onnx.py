"""The model card inside an ONNX file, read without ONNX Runtime and without loading the graph.

An ONNX file is one protocol-buffers message. Its outermost fields are few: the graph, which is
nearly all of the file and is skipped, and `metadata_props`, which holds the card.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from datar_edge.card import ModelCard
from datar_edge.errors import CardError, ModelFileError

CARD_KEY = "datar_edge_card"
"""Key of the card in `metadata_props`."""

_MAX_CARD_BYTES = 4 << 20
_MAX_FIELDS = 10_000
_GRAPH_FIELD, _METADATA_FIELD = 7, 14  # of onnx.ModelProto
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # wire types
_MAX_VARINT_BYTES = 10


class _NoMessageError(Exception):
    """The bytes are no protocol-buffers message."""


def read_card(path: Path) -> ModelCard:
    """Reads the card of an ONNX file.

    Raises:
        CardError: the file has no card, or one that cannot be read.
        ModelFileError: the file is damaged.
    """
    graphs, text = 0, None
    try:
        with path.open("rb") as file:
            for number, start, size in _fields(file, 0, path.stat().st_size):
                graphs += number == _GRAPH_FIELD
                if number == _METADATA_FIELD:
                    text = _value_of(file, start, size, CARD_KEY) or text
    except (_NoMessageError, OSError) as error:
        raise ModelFileError(
            f"{path} is no ONNX file, or is damaged or cut off: {error}",
            fix="Copy it again, or export it with datar-edge export --target onnx.",
        ) from error
    if text is None or not graphs:
        raise CardError(
            f"{path} has no datar-edge card: another program made it, or it is cut off",
            fix="Export it with datar-edge export, or copy it again.",
        )
    return ModelCard.from_json(text)


def _value_of(file: BinaryIO, start: int, size: int, key: str) -> bytes | None:
    """The value of an entry of `metadata_props`, if its key is this one."""
    if size > _MAX_CARD_BYTES:
        raise _NoMessageError(f"an entry of its metadata has {size} bytes")
    parts: dict[int, bytes] = {}
    for number, at, length in _fields(file, start, start + size):
        file.seek(at)
        parts[number] = file.read(length)
    return parts.get(2) if parts.get(1) == key.encode() else None


def _fields(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and bytes of each field whose content is a string or a message."""
    at = start
    for _ in range(_MAX_FIELDS):
        if at == end:
            return
        tag, at = _varint(file, at)
        number, wire = tag >> 3, tag & 7
        size = 0
        if wire == _LENGTH:
            size, at = _varint(file, at)
        elif wire == _VARINT:
            _, at = _varint(file, at)
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if wire == _EIGHT_BYTES else 4
        else:
            raise _NoMessageError(f"a field of the unknown kind {wire}")
        if number == 0 or at + size > end:
            raise _NoMessageError(f"field {number} of {size} bytes at {at} of {end}")
        if wire == _LENGTH:
            yield number, at, size
        at += size
    raise _NoMessageError(f"more than {_MAX_FIELDS} fields")


def _varint(file: BinaryIO, at: int) -> tuple[int, int]:
    """The integer at that place, and the place after it."""
    file.seek(at, os.SEEK_SET)
    value = 0
    for index, byte in enumerate(file.read(_MAX_VARINT_BYTES)):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise _NoMessageError(f"a number at {at} does not end")
