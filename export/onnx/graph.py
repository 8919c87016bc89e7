"""An exported ONNX graph made lean, its nodes named by the layers they come from."""

from __future__ import annotations

import ast
from collections import Counter
from typing import Any

_SCOPES_KEY = "pkg.torch.onnx.name_scopes"
_CLASSES_KEY = "pkg.torch.onnx.class_hierarchy"
_LINEAR = "aten.linear.default"
_PRODUCTS = ("MatMul", "Gemm")
_PRODUCER = "datar-edge"


def tidied(model: Any) -> Any:
    """Names each node `layer/Operator` and drops what only the exporter's author reads.

    PyTorch leaves stack traces of the machine that exported at every node, a tenth of a small
    model's file. What is kept of them is the layer, in the node's name: quantization finds layers
    by it, and so does who reads a profile of ONNX Runtime. The product of a linear layer is named
    `layer/Linear`, as against products of activations and tables.

    Args:
        model: `onnx.ModelProto`; changed.

    Returns:
        The same model.
    """
    graph = model.graph
    seen: Counter[str] = Counter()
    for node in graph.node:
        layer = _scope(node, _SCOPES_KEY, -2)
        linear = node.op_type in _PRODUCTS and _scope(node, _CLASSES_KEY, -1) == _LINEAR
        name = f"{layer}/{'Linear' if linear else node.op_type}"
        seen[name] += 1
        node.name = name if seen[name] == 1 else f"{name}_{seen[name]}"
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    for tensor in (*graph.initializer, *graph.input, *graph.output):
        tensor.ClearField("doc_string")
        tensor.ClearField("metadata_props")
    graph.ClearField("value_info")
    graph.ClearField("metadata_props")
    graph.ClearField("doc_string")
    model.ClearField("metadata_props")
    model.producer_name = _PRODUCER
    model.ClearField("producer_version")
    return model


def _scope(node: Any, key: str, index: int) -> str:
    """An entry of a list that the exporter noted at a node, outermost module to operator."""
    for entry in node.metadata_props:
        if entry.key == key:
            scopes = ast.literal_eval(entry.value)
            return str(scopes[index]) if len(scopes) >= abs(index) else ""
    return ""
