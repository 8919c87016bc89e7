"""DATAR in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

from datar_edge.config import DatarConfig
from datar_edge.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from datar_edge.models.datar import Datar
from datar_edge.models.waveform import WaveformModel
from datar_edge.presets import preset

__all__ = [
    "Checkpoint",
    "Datar",
    "WaveformModel",
    "build",
    "load_checkpoint",
    "save_checkpoint",
]


def build(config: str | DatarConfig, *, heads: Mapping[str, int]) -> Datar:
    """A model with random weights.

    Args:
        config: a preset's name or a configuration.
        heads: number of classes by head name.

    Raises:
        ConfigError: there is no such preset, or heads are missing.
    """
    return Datar(preset(config) if isinstance(config, str) else config, heads)
