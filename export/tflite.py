"""TFLite files by litert-torch."""

from __future__ import annotations

import contextlib
import io
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.export.target import Delegation, TensorTypes
from datar_edge.export.tflite_buffers import share_buffers
from datar_edge.export.tflite_delegation import delegation
from datar_edge.export.tflite_halves import halve_constants
from datar_edge.export.tflite_layers import name_by_layer
from datar_edge.export.tflite_metadata import with_metadata
from datar_edge.export.tflite_rewrites import for_tflite
from datar_edge.export.tflite_types import tensor_types
from datar_edge.extras import require
from datar_edge.models import WaveformModel
from datar_edge.native_log import native_log_held
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.tflite import quantized
from datar_edge.quantize.tflite_flatbuffer import read_model, write_model


class TfliteTarget:
    """Lowers to a flatbuffer for LiteRT, TensorFlow Lite and MediaPipe."""

    suffix = ".tflite"

    def lower(
        self,
        model: WaveformModel,
        window_samples: int,
        *,
        recipe: Recipe,
        calibration: Sequence[NDArray[np.float32]],
    ) -> bytes:
        """See `Target.lower`."""
        sample = (torch.zeros(1, window_samples),)
        # litert-torch reports its steps on stdout, which is for results here, and MLIR on stderr.
        chatter = contextlib.redirect_stdout(io.StringIO())
        with chatter, native_log_held(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            litert_torch = require("litert_torch", extra="export", purpose="export to TFLite")
            converted = litert_torch.convert(for_tflite(model), sample)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.tflite"
                converted.export(str(path))
                content = path.read_bytes()
        return finished(content, model, recipe, calibration)

    def with_card(self, content: bytes, card: ModelCard) -> bytes:
        """See `Target.with_card`."""
        return with_metadata(content, card)

    def delegation(self, path: Path) -> Delegation:
        """See `Target.delegation`."""
        return delegation(path)

    def tensor_types(self, path: Path) -> TensorTypes:
        """See `Target.tensor_types`."""
        return tensor_types(path)


def finished(
    content: bytes,
    model: WaveformModel,
    recipe: Recipe,
    calibration: Sequence[NDArray[np.float32]],
) -> bytes:
    """What litert-torch gave, with tensors named by layer, quantized, each constant stored once.

    Args:
        content: the float file.
        model: what it was made from.
        recipe: the quantization.
        calibration: windows, float32 `[1, window_samples]`, where the recipe calibrates.
    """
    graph = read_model(content)
    name_by_layer(graph, model)
    if recipe.quantize != "none":
        graph = read_model(quantized(write_model(graph), recipe, calibration))
        # Beside eight bits the front-end may lose what eleven cannot hold, else it may not.
        halve_constants(graph, keep=recipe.float_layers if recipe.weights == "float16" else ())
    share_buffers(graph)
    return write_model(graph)
