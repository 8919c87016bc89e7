"""What types a TFLite file holds and computes in, read out of its flatbuffer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from datar_edge.export.target import TensorTypes
from datar_edge.extras import require

_LEAST_ELEMENTS = 1_024
_PRODUCTS = ("FULLY_CONNECTED", "BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D")


def tensor_types(path: Path) -> TensorTypes:
    """See `datar_edge.export.target.Target.tensor_types`.

    Args:
        path: a TFLite file.
    """
    schema = require(
        "ai_edge_litert.schema_py_generated", extra="export", purpose="inspecting a TFLite file"
    )
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    type_names = _names(schema.TensorType)
    operator_names = _names(schema.BuiltinOperator)
    weights: Counter[str] = Counter()
    activations: Counter[str] = Counter()
    for graph in model.subgraphs:
        constant = [_is_constant(model, tensor) for tensor in graph.tensors]
        for tensor, known in zip(graph.tensors, constant, strict=True):
            elements = int(np.prod(tensor.shape)) if tensor.shape is not None else 1
            if known and elements >= _LEAST_ELEMENTS:
                weights[type_names[tensor.type]] += elements
        for operator in graph.operators or ():
            code = model.operatorCodes[operator.opcodeIndex]
            name = operator_names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            if name in _PRODUCTS:
                for index in (*operator.inputs, *operator.outputs):
                    if index >= 0 and not constant[index]:
                        activations[type_names[graph.tensors[index].type]] += 1
    return TensorTypes(weights=dict(weights), activations=dict(activations))


def _is_constant(model: Any, tensor: Any) -> bool:
    buffer = model.buffers[tensor.buffer]
    return buffer.data is not None and len(buffer.data) > 0


def _names(enumeration: type) -> dict[int, str]:
    """Lower-case names for tensor types, as they are for operators."""
    return {
        value: name.lower() if enumeration.__name__ == "TensorType" else name
        for name, value in vars(enumeration).items()
        if isinstance(value, int)
    }
