"""Which layer a node of an ONNX graph belongs to."""

from __future__ import annotations

from collections.abc import Sequence


def layer_of(node_name: str) -> str:
    """The module path in a name `layer/Operator`, "" where there is none."""
    layer, found, _ = node_name.partition("/")
    return layer if found else ""


def kind_of(node_name: str) -> str:
    """What a node is in a name `layer/Operator`: "Linear", "MatMul"…, its number left out."""
    return node_name.rpartition("/")[2].partition("_")[0]


def is_within(node_name: str, layers: Sequence[str]) -> bool:
    """Whether the node is of one of these layers, or of a layer within one."""
    layer = f"{layer_of(node_name)}."
    return any(layer.startswith(f"{path}.") for path in layers)
