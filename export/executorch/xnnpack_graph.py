"""What XNNPACK's delegate of an ExecuTorch file holds, read out of its flatbuffer.

A delegate's segment begins with a header that says where its graph lies; numbers of fields are
those of ExecuTorch's backends/xnnpack/serialization/schema.fbs.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from datar_edge.runtime.flatbuffer import FlatbufferError, Table, root, unpack

_HEADER_MAGIC = b"XH00"
_GRAPH_AT, _GRAPH_BYTES_AT = 10, 14
_NODES, _VALUES = 1, 2
_QUANTIZED = 2  # in the union XValueUnion
_FLOAT32 = "float32"
_TYPES = {
    1: _FLOAT32,
    2: "float16",
    3: "int8",
    4: "uint8",
    5: "int32",
    6: "int8",
    7: "int32",
    8: "int4",
    9: "int8",
    10: "int4",
    11: "int8",
    12: "int32",
    13: _FLOAT32,
    14: "bfloat16",
}
# Matrix products and convolutions in the union XNodeUnion, with the fields that are activations.
_PRODUCTS: dict[int, tuple[int, ...]] = {
    2: (0, 3),  # fully connected: input, output
    7: (15, 18),  # convolution
    13: (15, 18),  # depth-wise convolution
    37: (0, 1, 2),  # batch matrix multiplication
    39: (15, 18),  # transposed convolution
}


@dataclass
class DelegateContent:
    """What one delegate holds.

    Attributes:
        nodes: how many operators.
        constants: elements of each constant with their type.
        activations: tensors that products take or give, by type.
    """

    nodes: int = 0
    constants: list[tuple[str, int]] = field(default_factory=list)
    activations: Counter[str] = field(default_factory=Counter)


def read_delegate(segment: memoryview) -> DelegateContent:
    """Reads a segment of XNNPACK's delegate.

    Args:
        segment: header, graph and constants.

    Raises:
        FlatbufferError: it is no such segment.
    """
    if bytes(segment[4:8]) != _HEADER_MAGIC:
        raise FlatbufferError("a delegate without XNNPACK's header")
    start = unpack("<I", segment, _GRAPH_AT)
    graph = root(segment[start : start + unpack("<I", segment, _GRAPH_BYTES_AT)])
    content = DelegateContent()
    types: dict[int, str] = {}
    for value in graph.tables(_VALUES):
        tensor = _tensor(value)
        types[tensor.integer(6, "I")] = _TYPES.get(tensor.integer(0, "h"), "unknown")
        if tensor.integer(3, "I"):
            elements = math.prod(tensor.integers(2, "I"))
            content.constants.append((types[tensor.integer(6, "I")], elements))
    for node in graph.tables(_NODES):
        content.nodes += 1
        kind, body = node.union(0)
        for number in _PRODUCTS.get(kind, ()):
            if body is not None:
                content.activations[types[body.integer(number, "I")]] += 1
    return content


def _tensor(value: Table) -> Table:
    kind, tensor = value.union(0)
    if tensor is not None and kind == _QUANTIZED:
        tensor = tensor.table(0)
    if tensor is None:
        raise FlatbufferError("a value of XNNPACK's delegate without a tensor")
    return tensor
