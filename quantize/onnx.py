"""ONNX graphs made small, by ONNX Runtime's quantizer.

What is computed in 8 bits are the linear layers, nine tenths of a DATAR's products. The rest stays
in float32: products of two activations have to be packed at every run, and softmax, LayerNorm,
GELU and the sampler have no kernels for 8 bits. Weights that are not multiplied in 8 bits are
stored small all the same, and made float32 again once, when the file is loaded.

Nodes are found by their names, `layer/Operator` (`datar_edge.export.onnx.graph`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.extras import require
from datar_edge.quantize.onnx_gemm import linear_as_gemm
from datar_edge.quantize.onnx_layers import is_within, kind_of
from datar_edge.quantize.onnx_storage import PRECISE_LAYER, store_small
from datar_edge.quantize.recipe import Recipe

_LEAST_OUTPUTS = 16
"""Linear layers with fewer outputs stay float: the offsets (2). They cost no time, and an offset
moves a point by pixels. So do the heads, which see a single vector."""


def quantized(model: Any, recipe: Recipe, calibration: Sequence[NDArray[np.float32]]) -> Any:
    """An exported float32 graph as the recipe wants it.

    Args:
        model: `onnx.ModelProto`; may be changed.
        recipe: of the target "onnx".
        calibration: windows, float32 `[1, window_samples]`, for recipes that calibrate.

    Returns:
        `onnx.ModelProto`.

    Raises:
        MissingExtraError: the packages are not installed.
    """
    makers: Mapping[str, Callable[[], Any]] = {
        "none": lambda: model,
        "fp16": lambda: model,
        "int8-dynamic": lambda: _dynamic(model, recipe),
        "int8": lambda: _static(model, recipe, calibration),
    }
    made = makers[recipe.quantize]()
    return store_small(made, recipe) if recipe.weights != "float32" else made


def _linear_layers(model: Any, recipe: Recipe) -> list[str]:
    """Names of the nodes to compute in 8 bits."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    found = []
    for node in model.graph.node:
        on_maps = kind_of(node.name) == "Linear" and node.op_type == "MatMul"  # a head is a Gemm
        if not on_maps or is_within(node.name, (PRECISE_LAYER, *recipe.float_layers)):
            continue
        weight = weights.get(node.input[1])
        if weight is not None and min(weight.dims) >= _LEAST_OUTPUTS:
            found.append(node.name)
    return found


def _dynamic(model: Any, recipe: Recipe) -> Any:
    """Ranges of activations measured at every run, layer by layer."""
    quantization = _quantizer()
    return _by_file(
        lambda output: quantization.quantize_dynamic(
            model,
            output,
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=_linear_layers(model, recipe),
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True},
        )
    )


def _static(model: Any, recipe: Recipe, calibration: Sequence[NDArray[np.float32]]) -> Any:
    """Ranges of activations measured once, on the recordings."""
    quantization = _quantizer()
    chosen = _linear_layers(model, recipe)
    model = linear_as_gemm(model, chosen)
    return _by_file(
        lambda output: quantization.quantize_static(
            model,
            output,
            _reader(quantization, model.graph.input[0].name, calibration),
            op_types_to_quantize=["Gemm"],
            nodes_to_quantize=chosen,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            # Their results go to GELU, softmax and sums, which are float.
            extra_options={"OpTypesToExcludeOutputQuantization": ["Gemm"]},
        )
    )


def _quantizer() -> Any:
    require("onnx", extra="export", purpose="quantizing an ONNX file")
    return require("onnxruntime.quantization", extra="export", purpose="quantizing an ONNX file")


def _by_file(quantize: Callable[[str], None]) -> Any:
    onnx = require("onnx", extra="export", purpose="quantizing an ONNX file")
    with tempfile.TemporaryDirectory() as folder:
        output = str(Path(folder) / "quantized.onnx")
        quantize(output)
        model = onnx.load(output)
    model.graph.ClearField("value_info")
    model.ClearField("metadata_props")
    return model


def _reader(quantization: Any, name: str, windows: Sequence[NDArray[np.float32]]) -> Any:
    class Windows(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._rest = iter(windows)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            window = next(self._rest, None)
            return None if window is None else {name: window}

    return Windows()
