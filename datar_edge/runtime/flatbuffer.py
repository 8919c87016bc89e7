"""Flatbuffers read without generated code, each access checked against the bytes there are.

A damaged file ends in `FlatbufferError`, never in a crash or in bytes of somewhere else.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAX_ELEMENTS = 1 << 20
"""Of a vector of tables; more than any model's graph has, few enough to read in a second."""


class FlatbufferError(ValueError):
    """The bytes are no flatbuffer of the kind that is read."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table in a flatbuffer; fields are named by their number in the schema, from 0.

    Attributes:
        data: the flatbuffer.
        at: where the table lies in it.
    """

    data: memoryview
    at: int

    def field(self, number: int) -> int:
        """Where a field lies, 0 if the table leaves it out."""
        vtable = self.at - unpack("<i", self.data, self.at)
        slot = 4 + 2 * number
        if slot + 2 > unpack("<H", self.data, vtable):
            return 0
        offset = unpack("<H", self.data, vtable + slot)
        return self.at + offset if offset else 0

    def integer(self, number: int, code: str, default: int = 0) -> int:
        """An integer field; `code` is its type as `struct` writes it, such as "i"."""
        at = self.field(number)
        return unpack(f"<{code}", self.data, at) if at else default

    def table(self, number: int) -> Table | None:
        """The table a field refers to."""
        at = self.field(number)
        return Table(self.data, follow(self.data, at)) if at else None

    def union(self, number: int) -> tuple[int, Table | None]:
        """The type of a union and its table; the type's field is the one with the number."""
        return self.integer(number, "B"), self.table(number + 1)

    def tables(self, number: int) -> list[Table]:
        """The tables of a vector."""
        start, count = self._vector(number, 4)
        if count > MAX_ELEMENTS:
            raise FlatbufferError(f"a vector of {count} tables")
        places = range(start, start + 4 * count, 4)
        return [Table(self.data, follow(self.data, place)) for place in places]

    def integers(self, number: int, code: str) -> tuple[int, ...]:
        """The integers of a vector; `code` is their type as `struct` writes it."""
        start, count = self._vector(number, struct.calcsize(f"<{code}"))
        return struct.unpack_from(f"<{count}{code}", self.data, start)

    def text(self, number: int) -> str:
        """A string field, "" if it is left out."""
        at = self.field(number)
        return read_text(self.data, follow(self.data, at)) if at else ""

    def _vector(self, number: int, element_bytes: int) -> tuple[int, int]:
        """Where the first element lies, and how many there are."""
        at = self.field(number)
        if not at:
            return 0, 0
        start = follow(self.data, at)
        count = unpack("<I", self.data, start)
        if start + 4 + count * element_bytes > len(self.data):
            raise FlatbufferError(f"a vector of {count} elements at {start} of {len(self.data)}")
        return start + 4, count


def root(data: memoryview) -> Table:
    """The outermost table.

    Raises:
        FlatbufferError: the bytes are too few.
    """
    return Table(data, follow(data, 0))


def follow(data: memoryview, at: int) -> int:
    """Where the reference at that place leads."""
    return at + unpack("<I", data, at)


def read_text(data: memoryview, at: int) -> str:
    """The string at that place.

    Raises:
        FlatbufferError: it leaves the flatbuffer, or is not UTF-8.
    """
    size = unpack("<I", data, at)
    if at + 4 + size > len(data):
        raise FlatbufferError(f"a string of {size} bytes at {at} of {len(data)}")
    try:
        return bytes(data[at + 4 : at + 4 + size]).decode()
    except UnicodeDecodeError as error:
        raise FlatbufferError(f"a string at {at} that is not UTF-8") from error


def unpack(code: str, data: memoryview, at: int) -> int:
    """The integer at that place.

    Raises:
        FlatbufferError: it lies outside of the bytes.
    """
    if not 0 <= at <= len(data) - struct.calcsize(code):
        raise FlatbufferError(f"a reference to byte {at} of {len(data)}")
    value: int = struct.unpack_from(code, data, at)[0]
    return value
