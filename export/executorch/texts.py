"""Texts in an ExecuTorch file changed after lowering, such as its card.

ExecuTorch takes constant methods only while it lowers, which takes minutes, and its own reader and
writer of whole programs are private. A text is one reference in the flatbuffer; the new one is
put at the flatbuffer's end, where it fits whatever its length.
"""

from __future__ import annotations

import struct

from datar_edge.runtime.pte import PROGRAM_BYTES_AT, SEGMENTS_BASE_AT, Pte

_WORD = 4
_SEGMENT_ALIGNMENT = 128  # ExecuTorch's own


def with_text(content: bytes, method: str, value: str) -> bytes:
    """The file with another text returned by one of its constant methods.

    Args:
        content: an ExecuTorch file, with that method.
        method: name of the constant method.
        value: what it returns.
    """
    pte = Pte(content)
    old = pte.text(method)
    if old is None:
        raise ValueError(f"the file has no method {method!r}")
    program = bytearray(content[: pte.program_bytes])
    old_end = _aligned(old.at + 4 + len(old.value.encode()) + 1, _WORD)
    if old_end == len(program):  # it was put there by this function
        del program[old.at :]
    at = _aligned(len(program), _WORD)
    program.extend(bytes(at - len(program)))
    encoded = value.encode()
    program += struct.pack("<I", len(encoded)) + encoded + b"\0"
    program.extend(bytes(_aligned(len(program), _WORD) - len(program)))
    struct.pack_into("<I", program, old.reference_at, at - old.reference_at)
    base = _aligned(len(program), _SEGMENT_ALIGNMENT)
    struct.pack_into("<Q", program, PROGRAM_BYTES_AT, len(program))
    struct.pack_into("<Q", program, SEGMENTS_BASE_AT, base)
    return bytes(program) + bytes(base - len(program)) + content[pte.segments_base :]


def _aligned(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment
