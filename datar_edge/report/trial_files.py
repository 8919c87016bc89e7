"""Files of one model by one recipe after another, as quickly as the target allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.export.sampler_choice import SamplerChoice, apply_forms
from datar_edge.export.target import load_target
from datar_edge.extras import require
from datar_edge.models import Checkpoint, WaveformModel
from datar_edge.models.deformable_attention import set_sampler
from datar_edge.models.session import card_of
from datar_edge.quantize.quiet import log_held
from datar_edge.quantize.recipe import Recipe, Stage
from datar_edge.quantize.recipes import recipe_for

Windows = Sequence[NDArray[np.float32]]
"""Float32 `[1, window_samples]` each."""


class TrialFiles:
    """Makes the file of a model for any recipe of one target, without a card.

    Where a recipe quantizes the converted file, the model is lowered once and every trial starts
    from that; else every trial lowers it anew.

    Args:
        checkpoint: the model.
        target: a name of `datar_edge.export.target.TARGETS`.
        sampler: form of φ by layer.
        calibration: for recipes that calibrate.
    """

    def __init__(
        self, checkpoint: Checkpoint, target: str, *, sampler: SamplerChoice, calibration: Windows
    ) -> None:
        self._checkpoint = checkpoint
        self._target = target
        self._sampler = sampler
        self._calibration = calibration
        self._converted: bytes | None = None

    def content(self, recipe: Recipe) -> bytes:
        """The file's content by that recipe.

        Raises:
            MissingExtraError: the target's packages are not installed.
        """
        quantize = _FILE_QUANTIZERS.get(self._target)
        if quantize is None or recipe.stages[-1] is not Stage.QUANTIZE_FILE:
            return self._lowered(recipe)
        if self._converted is None:
            self._converted = self._lowered(recipe_for(self._target, "none"))
        return quantize(self._converted, recipe, self._calibration)

    def _lowered(self, recipe: Recipe) -> bytes:
        apply_forms(self._checkpoint.model, self._sampler)
        try:
            return load_target(self._target).lower(
                WaveformModel(self._checkpoint.model).eval(),
                card_of(self._checkpoint).window_samples,
                recipe=recipe,
                calibration=self._calibration if recipe.calibrated else (),
            )
        finally:
            set_sampler(self._checkpoint.model, "native")


_NOTHING_TO_QUANTIZE = ("without a quantization recipe", "statistics values (QSVs) are required")
"""What AI Edge Quantizer says then."""


def _tflite(content: bytes, recipe: Recipe, calibration: Windows) -> bytes:
    quantizer: Any = require(
        "datar_edge.quantize.tflite", extra="export", purpose="quantizing for TFLite"
    )
    try:
        quantized: bytes = quantizer.quantized(content, recipe, calibration)
    except RuntimeError as error:
        # A layer without operators that the recipe touches, tried alone, leaves none to quantize.
        if any(said in str(error) for said in _NOTHING_TO_QUANTIZE):
            return content
        raise
    return quantized


def _onnx(content: bytes, recipe: Recipe, calibration: Windows) -> bytes:
    onnx: Any = require("onnx", extra="export", purpose="quantizing for ONNX Runtime")
    quantizer: Any = require(
        "datar_edge.quantize.onnx", extra="export", purpose="quantizing for ONNX Runtime"
    )
    with log_held():
        graph = quantizer.quantized(onnx.ModelProto.FromString(content), recipe, calibration)
    quantized: bytes = graph.SerializeToString(deterministic=True)
    return quantized


_FILE_QUANTIZERS: Mapping[str, Callable[[bytes, Recipe, Windows], bytes]] = {
    "tflite": _tflite,
    "onnx": _onnx,
}
