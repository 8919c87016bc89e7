"""TFLite files by litert-torch."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.errors import ConfigError
from datar_edge.export.target import Delegation, TensorTypes
from datar_edge.export.tflite.buffers import share_buffers
from datar_edge.export.tflite.delegation import delegation
from datar_edge.export.tflite.halves import halve_constants
from datar_edge.export.tflite.layers import name_by_layer
from datar_edge.export.tflite.metadata import with_metadata
from datar_edge.export.tflite.rewrites import for_tflite
from datar_edge.export.tflite.types import tensor_types
from datar_edge.extras import require
from datar_edge.models import WaveformModel
from datar_edge.quantize.quiet import quiet
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.tflite import quantized
from datar_edge.quantize.tflite_flatbuffer import read_model, write_model

_COPIES, _ROOM_BYTES = 3, 50_000_000
"""Intermediate files: two copies of the weights and some, by the converter's own reckoning, and
the file that it gives."""


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
        check_room(model)
        sample = (torch.zeros(1, window_samples),)
        with quiet():
            litert_torch = require(
                "litert_torch",
                extra="export",
                purpose="export to TFLite",
                platforms="Linux (x86-64) and macOS (arm64)",
            )
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


def check_room(model: WaveformModel) -> None:
    """Refuses to begin where the converter would run out of room for its intermediate files.

    Its native code ends the whole process then, without a word.

    Raises:
        ConfigError: the folder for temporary files has too little space.
    """
    held = sum(each.numel() * each.element_size() for each in model.state_dict().values())
    needed = _COPIES * held + _ROOM_BYTES
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigError(
            f"{folder} has {free / 1e6:.0f} MB free, and converting to TFLite needs about "
            f"{needed / 1e6:.0f} MB for a while",
            fix="Free some, or name another folder in TMPDIR.",
        )


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
