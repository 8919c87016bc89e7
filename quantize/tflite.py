"""Quantization of converted TFLite files by AI Edge Quantizer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.extras import require
from datar_edge.quantize.quiet import quiet
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.tflite_flatbuffer import operators, read_model

_PURPOSE = "quantizing for TFLite"
_MATMULS = ("FULLY_CONNECTED", "CONV_2D")
_OPERATORS = {"fp16": ("FULLY_CONNECTED",), "int8-dynamic": _MATMULS, "int8": _MATMULS}
"""What each recipe quantizes: where XNNPACK's int8 kernels are faster and stay in the delegate.

It has none for matrix products of two activations, GELU and softmax. A depth-wise convolution whose
input is rounded at run time does not exist either, and one with fixed ranges is no faster than in
float. In between tensors are float, so nothing else has to be rounded. With kernels of convolutions
in float16, TensorFlow Lite 2.19 gives NaN or other scores.
"""
_ONE_SCALE = ("FULLY_CONNECTED",)
"""Weights with one scale for all. TensorFlow Lite up to 2.19 takes a linear layer that has a scale
for each output as if it had the first one for all, and gives other scores without a word
(`make foreign`). One scale costs datar-micro 3 of 45 dB."""
_WEIGHT_INPUT = 1


def quantized(content: bytes, recipe: Recipe, calibration: Sequence[NDArray[np.float32]]) -> bytes:
    """A TFLite file in the types of a recipe; its input and output stay float32.

    Args:
        content: the float file. Its tensors are named "module.path:number", and layers are chosen
            by that.
        recipe: with a quantization other than none.
        calibration: windows, float32 `[1, window_samples]`, where the recipe calibrates.

    Raises:
        MissingExtraError: ai-edge-quantizer is not installed.
    """
    package = require("ai_edge_quantizer.quantizer", extra="export", purpose=_PURPOSE)
    quantizer = package.Quantizer(bytearray(content))
    for operator, output, row_inputs in _products(content, recipe):
        scope = rf"^{re.escape(output)};"
        _choose(quantizer, recipe, operator, scope, dynamic=recipe.is_dynamic(row_inputs))
    with quiet():
        ranges = _ranges(quantizer, content, calibration) if quantizer.need_calibration else None
        result = quantizer.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    return bytes(result.quantized_model)


def _products(content: bytes, recipe: Recipe) -> Iterator[tuple[str, str, int]]:
    """Operators to quantize: their kind, their output's name, and the inputs of one of its rows."""
    model = read_model(content)
    staying = tuple(f"{layer}{end}" for layer in recipe.float_layers for end in ".:")
    for graph, operator, name in operators(model):
        output = graph.tensors[operator.outputs[0]].name.decode()
        if name in _OPERATORS[recipe.quantize] and not output.startswith(staying):
            weight = graph.tensors[operator.inputs[_WEIGHT_INPUT]]
            yield name, output, int(np.prod(weight.shape[1:]))


def _choose(quantizer: Any, recipe: Recipe, operator: str, scope: str, *, dynamic: bool) -> None:
    types = require("ai_edge_quantizer.qtyping", extra="export", purpose=_PURPOSE)
    kind = types.TFLOperationName[operator]
    kinds = types.QuantGranularity
    granularity = kinds.TENSORWISE if operator in _ONE_SCALE else kinds.CHANNELWISE
    if recipe.weights == "float16":
        config = types.OpQuantizationConfig(
            weight_tensor_config=types.TensorQuantizationConfig(
                num_bits=16, dtype=types.TensorDataType.FLOAT
            ),
            compute_precision=types.ComputePrecision.FLOAT,
            explicit_dequantize=True,
        )
        quantizer.update_quantization_recipe(scope, kind, config, "float_casting")
    elif dynamic:
        quantizer.add_dynamic_config(scope, kind, num_bits=8, granularity=granularity)
    else:
        quantizer.add_static_config(
            scope, kind, activation_num_bits=8, weight_num_bits=8, weight_granularity=granularity
        )


def _ranges(quantizer: Any, content: bytes, calibration: Sequence[NDArray[np.float32]]) -> Any:
    """Ranges of all activations over the windows."""
    interpreter = require(
        "ai_edge_litert.interpreter", extra="export", purpose=_PURPOSE
    ).Interpreter(model_content=content)
    [(signature, edge)] = interpreter.get_signature_list().items()
    [waveform] = edge["inputs"]
    windows = [{waveform: window} for window in calibration]
    return quantizer.calibrate({signature: windows}, num_threads=1)
