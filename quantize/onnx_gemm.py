"""Linear layers of an ONNX graph written as Gemm, which ONNX Runtime runs in 8 bits.

PyTorch writes a linear layer on `[..., C]` as a MatMul and an Add. ONNX Runtime fuses those to a
Gemm between two Reshapes itself, but before it looks for quantized products, and then finds none:
the layer would be computed in float32, from weights made float at every run.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from datar_edge.extras import require


def linear_as_gemm(model: Any, names: Collection[str]) -> Any:
    """Replaces MatMuls, and the Adds of their biases, by Gemms of the same names.

    Args:
        model: `onnx.ModelProto` with static shapes; not changed.
        names: of the nodes.

    Returns:
        Another `onnx.ModelProto` that computes the same.
    """
    onnx = require("onnx", extra="export", purpose="quantizing an ONNX file")
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    shapes = {
        value.name: [each.dim_value for each in value.type.tensor_type.shape.dim]
        for value in (*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output)
    }
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    writer = _Writer(onnx, changed, shapes)
    del changed.graph.node[:]
    for node in model.graph.node:
        if node.name in names and node.op_type == "MatMul":
            writer.linear(node)
        else:
            writer.other(node)
    return changed


class _Writer:
    """Writes the nodes of a graph anew.

    Args:
        onnx: the package.
        model: whose nodes are written.
        shapes: of all tensors.
    """

    def __init__(self, onnx: Any, model: Any, shapes: dict[str, list[int]]) -> None:
        self._onnx = onnx
        self._graph = model.graph
        self._shapes = shapes
        self._weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self._readers: dict[str, list[Any]] = {}
        for node in list(model.graph.node):
            kept = type(node)()
            kept.CopyFrom(node)
            for name in node.input:
                self._readers.setdefault(name, []).append(kept)
        self._outputs = {value.name for value in model.graph.output}
        self._flat: set[str] = set()
        self._absorbed: set[str] = set()

    def other(self, node: Any) -> None:
        """Writes a node as it is, unless it is the Add that a Gemm took."""
        if node.output[0] not in self._absorbed:
            self._graph.node.append(node)

    def linear(self, node: Any) -> None:
        """Writes a MatMul as Reshape, Gemm and Reshape."""
        source, weight = node.input
        bias, result = self._bias(node)
        flat = f"{source}_rows"
        if flat not in self._flat:  # query, key and value share it, and its quantization
            self._flat.add(flat)
            self._reshape(source, flat, [-1, self._shapes[source][-1]], node.name)
        rows = f"{result}_rows"
        self._graph.node.append(
            self._onnx.helper.make_node(
                "Gemm", [flat, weight, *([bias] if bias else [])], [rows], name=node.name
            )
        )
        self._reshape(rows, result, self._shapes[result], f"{node.name}_result")

    def _bias(self, node: Any) -> tuple[str, str]:
        """The bias that is added to a product, "" for none, and where the sum goes."""
        product = node.output[0]
        readers = self._readers.get(product, [])
        if len(readers) == 1 and readers[0].op_type == "Add" and product not in self._outputs:
            (other,) = [name for name in readers[0].input if name != product] or [""]
            if other in self._weights and len(self._weights[other].dims) == 1:
                self._absorbed.add(readers[0].output[0])
                return other, readers[0].output[0]
        return "", product

    def _reshape(self, source: str, result: str, shape: list[int], name: str) -> None:
        sizes = f"{result}_shape"
        self._graph.initializer.append(
            self._onnx.numpy_helper.from_array(np.array(shape, np.int64), sizes)
        )
        self._graph.node.append(
            self._onnx.helper.make_node(
                "Reshape", [source, sizes], [result], name=f"{name}_Reshape"
            )
        )
