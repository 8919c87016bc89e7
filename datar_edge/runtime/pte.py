"""What of an ExecuTorch file can be told without loading it: its methods, texts and segments.

A .pte is a flatbuffer (schema/program.fbs of ExecuTorch) with a header after its first eight
bytes, followed by segments of weights and delegates. A method that returns a constant is a plan
without instructions whose output is that constant.
"""

from __future__ import annotations

from dataclasses import dataclass

from datar_edge.runtime.flatbuffer import FlatbufferError, Table, follow, read_text, root, unpack

CARD_METHOD = "datar_edge_card"
"""Constant method that returns the card as JSON."""
LAYERS_METHOD = "datar_edge_undelegated"
"""Constant method that returns which operators of which layers no delegate takes, as JSON."""

MAGIC = b"ET12"
HEADER_AT = 8
HEADER_MAGIC = b"eh00"
# Offsets in the header, each of eight bytes.
PROGRAM_BYTES_AT, SEGMENTS_BASE_AT = HEADER_AT + 8, HEADER_AT + 16

# Numbers of fields in ExecuTorch's schema.
_PROGRAM_PLANS, _PROGRAM_SEGMENTS = 1, 4
_PLAN_NAME, _PLAN_VALUES, _PLAN_OUTPUTS = 0, 2, 4
_STRING = 6  # in the union KernelTypes


@dataclass(frozen=True, slots=True)
class Text:
    """The text that a constant method returns.

    Attributes:
        reference_at: where the reference to it lies.
        at: where its length lies, before its characters.
        value: the text.
    """

    reference_at: int
    at: int
    value: str


class Pte:
    """An ExecuTorch file.

    Args:
        content: the whole file.

    Raises:
        FlatbufferError: it is no such file, or is cut off.
    """

    def __init__(self, content: bytes | memoryview) -> None:
        self.content = memoryview(content)
        if bytes(self.content[4:8]) != MAGIC:
            raise FlatbufferError("its first bytes are not those of an ExecuTorch file")
        if bytes(self.content[HEADER_AT : HEADER_AT + 4]) != HEADER_MAGIC:
            raise FlatbufferError("it has no header that says where its weights are")
        self.program_bytes = unpack("<Q", self.content, PROGRAM_BYTES_AT)
        self.segments_base = unpack("<Q", self.content, SEGMENTS_BASE_AT)
        if not self.program_bytes <= self.segments_base <= len(self.content):
            raise FlatbufferError("its header leads outside of it")
        self.program = root(self.content[: self.program_bytes])

    def plan(self, method: str) -> Table | None:
        """The plan of a method."""
        for plan in self.program.tables(_PROGRAM_PLANS):
            if plan.text(_PLAN_NAME) == method:
                return plan
        return None

    def text(self, method: str) -> Text | None:
        """What a method returns that returns a constant text; None if there is none."""
        plan = self.plan(method)
        if plan is None:
            return None
        values, outputs = plan.tables(_PLAN_VALUES), plan.integers(_PLAN_OUTPUTS, "i")
        if len(outputs) != 1 or not 0 <= outputs[0] < len(values):
            raise FlatbufferError(f"the method {method} returns {len(outputs)} values")
        kind, value = values[outputs[0]].union(0)
        reference_at = value.field(0) if value is not None else 0
        if kind != _STRING or not reference_at:
            raise FlatbufferError(f"the method {method} returns no text")
        at = follow(self.program.data, reference_at)
        return Text(reference_at, at, read_text(self.program.data, at))

    def segments(self) -> list[memoryview]:
        """The segments of weights and delegates."""
        parts = []
        for segment in self.program.tables(_PROGRAM_SEGMENTS):
            start = self.segments_base + segment.integer(0, "Q")
            end = start + segment.integer(1, "Q")
            if end > len(self.content):
                raise FlatbufferError(f"a segment ends at {end} of {len(self.content)}")
            parts.append(self.content[start:end])
        return parts
