"""The recipes there are. Adding one is an entry here and its quantizer's file."""

from __future__ import annotations

from collections.abc import Mapping

from datar_edge.errors import ConfigError
from datar_edge.quantize.recipe import Recipe, Stage

_TFLITE = (
    Recipe(name="tflite_float32", target="tflite", quantize="none"),
    Recipe(
        name="tflite_aeq_float16_weights",
        target="tflite",
        quantize="fp16",
        weights="float16",
        kinds=("linear",),  # TensorFlow Lite 2.19 makes NaN of convolutions in float16
        stages=(Stage.CAPTURE, Stage.CONVERT, Stage.QUANTIZE_FILE),
        float_layers=("fbank",),
    ),
    Recipe(
        name="tflite_aeq_int8_dynamic_linear_per_tensor",
        target="tflite",
        quantize="int8-dynamic",
        weights="int8",
        activations="int8",
        stages=(Stage.CAPTURE, Stage.CONVERT, Stage.QUANTIZE_FILE),
        float_layers=("fbank",),
    ),
    Recipe(
        name="tflite_aeq_int8_static_linear_per_tensor",
        target="tflite",
        quantize="int8",
        weights="int8",
        activations="int8",
        calibrated=True,
        stages=(Stage.CAPTURE, Stage.CONVERT, Stage.QUANTIZE_FILE),
        # Logits rounded to 8 bits cost more than all other layers together.
        float_layers=("fbank", "model.heads"),
        dynamic_from_inputs=128,
    ),
)

_ONNX = (
    Recipe(name="onnx_float32", target="onnx", quantize="none"),
    Recipe(
        name="onnx_float16_weights",
        target="onnx",
        quantize="fp16",
        weights="float16",
        stages=(Stage.CAPTURE, Stage.CONVERT, Stage.QUANTIZE_FILE),
    ),
    Recipe(
        name="onnx_ort_int8_dynamic_per_channel",
        target="onnx",
        quantize="int8-dynamic",
        weights="int8",
        activations="int8",
        stages=(Stage.CAPTURE, Stage.CONVERT, Stage.QUANTIZE_FILE),
    ),
    Recipe(
        name="onnx_ort_int8_static_per_channel",
        target="onnx",
        quantize="int8",
        weights="int8",
        activations="int8",
        calibrated=True,
        stages=(Stage.CAPTURE, Stage.CONVERT, Stage.QUANTIZE_FILE),
    ),
)

_EXECUTORCH = (
    Recipe(name="executorch_float32", target="executorch", quantize="none"),
    Recipe(
        name="executorch_float16",
        target="executorch",
        quantize="fp16",
        weights="float16",
        kinds=("linear",),  # XNNPACK's delegate stores the kernels of convolutions in float32
        float_layers=("fbank",),
    ),
    Recipe(
        name="executorch_pt2e_int8_dynamic_per_channel",
        target="executorch",
        quantize="int8-dynamic",
        weights="int8",
        activations="int8",
        stages=(Stage.CAPTURE, Stage.QUANTIZE_PROGRAM, Stage.CONVERT),
        float_layers=("fbank",),
    ),
    Recipe(
        name="executorch_pt2e_int8_static_per_channel",
        target="executorch",
        quantize="int8",
        weights="int8",
        activations="int8",
        calibrated=True,
        stages=(Stage.CAPTURE, Stage.QUANTIZE_PROGRAM, Stage.CONVERT),
        # As in TFLite, logits rounded to 8 bits cost much. So do the first layers, where one range
        # has to hold a whole spectrogram: of datar-micro, 48 dB without them and 28 dB with them,
        # and they are two in a thousand of its weights.
        float_layers=("fbank", "model.adaptor", "model.stem", "model.heads"),
        dynamic_from_inputs=128,
    ),
    Recipe(name="executorch_portable_float32", target="executorch-portable", quantize="none"),
)

_ALL = (*_TFLITE, *_ONNX, *_EXECUTORCH)

RECIPES: Mapping[tuple[str, str], Recipe] = {(each.target, each.quantize): each for each in _ALL}
"""By target and by the name that users give."""


def recipe_for(target: str, quantize: str) -> Recipe:
    """The recipe of that name for that target.

    Raises:
        ConfigError: there is none.
    """
    if (target, quantize) not in RECIPES:
        known = [name for of, name in RECIPES if of == target]
        raise ConfigError(
            f"unknown quantization {quantize!r} for {target}", fix=f"Known: {', '.join(known)}."
        )
    return RECIPES[target, quantize]
