"""What types a TFLite file holds and computes in, read out of its flatbuffer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from datar_edge.export.target import TensorTypes
from datar_edge.quantize.tflite_flatbuffer import constant, operators, read_model, type_names

_LEAST_ELEMENTS = 1_024
_WEIGHT_INPUT = 1
_PRODUCTS = ("FULLY_CONNECTED", "BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D")


def tensor_types(path: Path) -> TensorTypes:
    """See `datar_edge.export.target.Target.tensor_types`.

    Weights are all constants of 1,024 elements or more, in the type that the file stores them in:
    one that is stored as float16 and made float32 by a DEQUANTIZE is a float16. Activations are
    counted at the inputs and outputs of matrix products and convolutions, by their tensor's type,
    with one exception: an operator with a float input beside an integer weight is TFLite's way to
    write that the kernel rounds its input to int8 when it runs ("dynamic range"), so its input
    counts as int8; its output is what it says.

    Args:
        path: a TFLite file.
    """
    model = read_model(path.read_bytes())
    names = type_names()
    weights: Counter[str] = Counter()
    activations: Counter[str] = Counter()
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            elements = int(np.prod(tensor.shape)) if tensor.shape is not None else 1
            if constant(model, tensor) is not None and elements >= _LEAST_ELEMENTS:
                weights[names[tensor.type]] += elements
    for graph, operator, name in operators(model):
        if name in _PRODUCTS:
            activations.update(_computed_in(model, graph, operator, names))
    return TensorTypes(weights=dict(weights), activations=dict(activations))


def _computed_in(model: Any, graph: Any, operator: Any, names: dict[int, str]) -> list[str]:
    """Types of an operator's activations, its inputs first."""

    def types_of(indices: Any) -> list[str]:
        tensors = [graph.tensors[index] for index in indices if index >= 0]
        return [names[each.type] for each in tensors if constant(model, each) is None]

    inputs, outputs = types_of(operator.inputs), types_of(operator.outputs)
    weight = names[graph.tensors[operator.inputs[_WEIGHT_INPUT]].type]
    if weight in ("int8", "int4", "int2"):
        inputs = ["int8" if kind == "float32" else kind for kind in inputs]
    return inputs + outputs
