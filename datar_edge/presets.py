"""Configurations that have a name."""

from __future__ import annotations

from collections.abc import Mapping

from datar_edge.config import (
    AttentionKind,
    DatarConfig,
    DeformableConfig,
    FbankConfig,
    StageConfig,
)
from datar_edge.errors import ConfigError

FBANKS: Mapping[str, FbankConfig] = {
    "micro": FbankConfig(num_mel_bins=64, window_s=2.56, num_frames=256),
    "ast": FbankConfig(),
    "paper": FbankConfig(sample_rate_hz=43_000),
}
"""Front-ends by name: the small model's and AST's at 16 kHz, the paper's at 43 kHz."""


def _micro() -> DatarConfig:
    alternate: tuple[AttentionKind, ...] = ("local", "deformable")
    shift: tuple[AttentionKind, ...] = ("local", "shifted")
    return DatarConfig(
        preset="datar-micro",
        fbank=FBANKS["micro"],
        stem="conv",
        local_unit=True,
        stages=(
            StageConfig(embed_dim=32, num_heads=1, blocks=shift),
            StageConfig(embed_dim=64, num_heads=2, blocks=shift),
            StageConfig(embed_dim=128, num_heads=4, blocks=alternate * 2),
            StageConfig(
                embed_dim=256,
                num_heads=8,
                blocks=alternate,
                deformable=DeformableConfig(groups=2),
            ),
        ),
        dropout=0.2,
    )


PRESETS: Mapping[str, DatarConfig] = {"datar-micro": _micro()}


def preset(name: str) -> DatarConfig:
    """The configuration of that name.

    Raises:
        ConfigError: there is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"unknown preset {name!r}", fix=f"Presets: {', '.join(PRESETS)}.")
    return PRESETS[name]
