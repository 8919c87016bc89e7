"""A network of the tests' own that has two deformable stages, the last with two offset groups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from datar_edge.audio import read_audio
from datar_edge.config import (
    AdaptorConfig,
    DatarConfig,
    DeformableConfig,
    FbankConfig,
    StageConfig,
    StemKind,
)
from datar_edge.models import Checkpoint, build

LABELS = ("Dog bark", "Rain", "Rooster")


@pytest.fixture(scope="session")
def small_checkpoint() -> Callable[..., Checkpoint]:
    """Makes a small model with random weights that move points and look unevenly."""

    def make(
        stem: StemKind = "conv",
        *,
        stride: int = 1,
        position_bias: str = "continuous",
        adaptor_scale: float = 0.05,
    ) -> Checkpoint:
        config = DatarConfig(
            preset="small",
            fbank=FbankConfig(num_mel_bins=32, window_s=0.64, num_frames=64),
            stem=stem,
            adaptor=AdaptorConfig(scale=adaptor_scale),
            stages=(
                StageConfig(
                    embed_dim=16,
                    num_heads=2,
                    blocks=("local", "deformable"),
                    deformable=DeformableConfig(stride=stride, position_bias=position_bias),
                ),
                StageConfig(
                    embed_dim=32,
                    num_heads=4,
                    blocks=("deformable", "local", "deformable"),
                    deformable=DeformableConfig(groups=2),
                ),
            ),
        )
        torch.manual_seed(7)
        model = build(config, heads={"class": len(LABELS)})
        model.set_normalisation(-8.0, 4.0)
        for module in model.modules():
            if isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
                torch.nn.init.normal_(module.weight, std=module.weight[0].numel() ** -0.5)
        return Checkpoint(model=model.eval(), heads={"class": LABELS})

    return make


@pytest.fixture
def window(examples: Path) -> NDArray[np.float32]:
    """0.64 s of a real rooster."""
    return read_audio(examples / "rooster.ogg", 16_000, start_s=0.4, duration_s=0.64)
