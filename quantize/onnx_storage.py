"""Weights of an ONNX graph stored in fewer bits than they are computed in.

ONNX Runtime evaluates what hangs on constants alone once, while it loads a file. A weight stored
as float16 with a Cast behind it, or as int8 with a Cast and a Mul, is float32 from then on: the
file is smaller, and the speed that of float32 on every processor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.extras import require
from datar_edge.quantize.onnx_layers import is_within
from datar_edge.quantize.recipe import Recipe

_LEAST_ELEMENTS = 1_024
"""Smaller constants are not worth a node."""
PRECISE_LAYER = "fbank"
"""The front-end. Its matrix stands for a Fourier transform, whose quiet bands lie 80 dB below its
loud ones: float16 leaves noise at -72 dB in them, int16 with a scale for each row at -98 dB; 8 bits
would leave nothing of them."""


def store_small(model: Any, recipe: Recipe) -> Any:
    """Stores float32 weights in the recipe's type, those of layers that stay float left out.

    With int8, kernels of convolutions are stored in int8 with a scale for each output channel,
    and all else, such as tables of position biases, in float16: a table has no channels with a
    range of their own. The front-end's matrices are stored in int16 with a scale for each row.

    Args:
        model: `onnx.ModelProto`; changed.
        recipe: names the type and the layers that stay float.

    Returns:
        The same model.
    """
    onnx = require("onnx", extra="export", purpose="quantizing an ONNX file")
    graph = model.graph
    kernels = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    kept = _read_by(graph.node, recipe.float_layers)
    precise = _read_by(graph.node, (PRECISE_LAYER,))
    nodes: list[Any] = []
    for tensor in list(graph.initializer):
        if (
            tensor.data_type != onnx.TensorProto.FLOAT
            or np.prod(tensor.dims) < _LEAST_ELEMENTS
            or tensor.name in kept
        ):
            continue
        values = onnx.numpy_helper.to_array(tensor)
        graph.initializer.remove(tensor)
        if tensor.name in precise:
            nodes += _as_integers(onnx, graph, tensor.name, values, np.int16)
        elif recipe.weights == "int8" and tensor.name in kernels:
            nodes += _as_integers(onnx, graph, tensor.name, values, np.int8)
        else:
            nodes += _as_float16(onnx, graph, tensor.name, values)
    written = [*nodes, *graph.node]
    del graph.node[:]
    graph.node.extend(written)
    return model


def _read_by(nodes: Iterable[Any], layers: Sequence[str]) -> set[str]:
    return {name for node in nodes if is_within(node.name, layers) for name in node.input}


def _as_float16(onnx: Any, graph: Any, name: str, values: NDArray[np.float32]) -> list[Any]:
    limits = np.finfo(np.float16)
    small = np.clip(values, limits.min, limits.max).astype(np.float16)
    return [_stored(onnx, graph, name, small, name)]


def _as_integers(
    onnx: Any,
    graph: Any,
    name: str,
    values: NDArray[np.float32],
    kind: type[np.int8] | type[np.int16],
) -> list[Any]:
    """Symmetric, one scale for each entry of the first axis."""
    rest = tuple(range(1, values.ndim))
    scale = np.abs(values).max(axis=rest, keepdims=True) / np.iinfo(kind).max
    scale = np.where(scale > 0.0, scale, 1.0).astype(np.float32)
    small = np.rint(values / scale).astype(kind)
    scale_name, steps = f"{name}_scale", f"{name}_steps"
    graph.initializer.append(onnx.numpy_helper.from_array(scale, scale_name))
    return [
        _stored(onnx, graph, name, small, steps),
        onnx.helper.make_node("Mul", [steps, scale_name], [name], name=f"{name}/Mul"),
    ]


def _stored(onnx: Any, graph: Any, name: str, values: NDArray[Any], result: str) -> Any:
    stored = f"{name}_stored"
    graph.initializer.append(onnx.numpy_helper.from_array(values, stored))
    return onnx.helper.make_node(
        "Cast", [stored], [result], name=f"{name}/Cast", to=onnx.TensorProto.FLOAT
    )
