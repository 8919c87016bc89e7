"""Float constants of a TFLite file, stored in half the bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from datar_edge.export.tflite.layers import layer_of
from datar_edge.quantize.tflite_flatbuffer import constant, operators, schema

_LEAST_ELEMENTS = 1_024
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_WITH_BIAS = ("FULLY_CONNECTED", *_CONVOLUTIONS)
_WEIGHT_INPUT, _BIAS_INPUT = 1, 2


def halve_constants(model: Any, *, keep: Sequence[str] = ()) -> int:
    """Stores large float32 constants as float16, each with a DEQUANTIZE that makes it float32.

    What computes stays float32: XNNPACK unpacks such constants when it loads a file. A quantizer
    halves the weights of matrix products only; what is left are the front-end's matrices, tables of
    positions and masks. Constants beyond the range of float16 stay.

    Args:
        model: a `ModelT`, changed in place; its tensors named by `name_by_layer`.
        keep: prefixes of module paths whose constants stay as they are.

    Returns:
        Constants that were halved.
    """
    tables = schema()
    halved = 0
    for graph in model.subgraphs:
        dequantizing = []
        staying = _biases(model, graph) | _within(graph, keep) | _kernels(model, graph)
        for index, tensor in enumerate(list(graph.tensors)):
            half = None if index in staying else _half(model, tables, tensor)
            if half is None:
                continue
            buffer = tables.BufferT()
            buffer.data = half.view(np.uint8)
            model.buffers.append(buffer)
            stored = tables.TensorT()
            stored.name, stored.shape = tensor.name + b"_float16", tensor.shape
            stored.type, stored.buffer = tables.TensorType.FLOAT16, len(model.buffers) - 1
            graph.tensors.append(stored)
            tensor.buffer = 0
            dequantizing.append((len(graph.tensors) - 1, index))
        code = _dequantize(model, tables) if dequantizing else 0
        graph.operators = [_operator(tables, code, *edge) for edge in dequantizing] + list(
            graph.operators
        )
        halved += len(dequantizing)
    return halved


def _biases(model: Any, graph: Any) -> set[int]:
    """Tensors that XNNPACK's kernels with int8 weights take in float32 only."""
    return {
        int(operator.inputs[_BIAS_INPUT])
        for owner, operator, name in operators(model)
        if owner is graph and name in _WITH_BIAS and len(operator.inputs) > _BIAS_INPUT
    }


def _kernels(model: Any, graph: Any) -> set[int]:
    """Kernels of convolutions.

    TensorFlow Lite 2.19 takes depth-wise ones in float32 only, else its delegate takes nothing of
    the graph; of others in float16 it makes NaN.
    """
    return {
        int(operator.inputs[_WEIGHT_INPUT])
        for owner, operator, name in operators(model)
        if owner is graph and name in _CONVOLUTIONS
    }


def _within(graph: Any, layers: Sequence[str]) -> set[int]:
    """Tensors of those layers and of what is below them."""
    prefixes = tuple(f"{layer}." for layer in layers)
    return {
        index
        for index, tensor in enumerate(graph.tensors)
        if f"{layer_of(tensor.name.decode())}.".startswith(prefixes)
    }


def _half(model: Any, tables: Any, tensor: Any) -> Any:
    """A constant in float16, `[elements]`, or None where it is to stay as it is."""
    data = constant(model, tensor)
    if tensor.type != tables.TensorType.FLOAT32 or data is None:
        return None
    values = np.frombuffer(bytes(data), np.float32)
    if len(values) < _LEAST_ELEMENTS or np.abs(values).max() > np.finfo(np.float16).max:
        return None
    return values.astype(np.float16)


def _dequantize(model: Any, tables: Any) -> int:
    """Number of the operator's code in the file; added where it is missing."""
    for _, operator, name in operators(model):
        if name == "DEQUANTIZE":
            return int(operator.opcodeIndex)
    code = tables.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = tables.BuiltinOperator.DEQUANTIZE
    code.version = 3  # the first that reads float16
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def _operator(tables: Any, code: int, source: int, result: int) -> Any:
    operator = tables.OperatorT()
    operator.opcodeIndex = code
    operator.inputs = np.array([source], np.int32)
    operator.outputs = np.array([result], np.int32)
    operator.builtinOptionsType = tables.BuiltinOptions.DequantizeOptions
    operator.builtinOptions = tables.DequantizeOptionsT()
    return operator
