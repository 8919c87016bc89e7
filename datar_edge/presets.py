"""Configurations that have a name."""

from __future__ import annotations

from collections.abc import Mapping

from datar_edge.config import (
    AstConfig,
    AttentionKind,
    ConvConfig,
    DatarConfig,
    DeformableConfig,
    FbankConfig,
    ModelConfig,
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
        drop_path=0.0,
        dropout=0.1,
    )


def _pyramid(
    name: str,
    *,
    widths: tuple[int, int, int, int],
    heads: tuple[int, int, int, int],
    depth: int,
    fbank: FbankConfig = FBANKS["ast"],
) -> DatarConfig:
    """DAT's pyramid at AST's 128 x 1,024: depths 2, 2, `depth`, 2."""
    shift: tuple[AttentionKind, ...] = ("local", "shifted")
    alternate: tuple[AttentionKind, ...] = ("local", "deformable")
    # One offset group for every four heads, as DAT's code has it in its deformable stages.
    groups = [max(1, count // 4) for count in heads]
    blocks = (shift, shift, alternate * (depth // 2), alternate)
    return DatarConfig(
        preset=name,
        fbank=fbank,
        stages=tuple(
            StageConfig(
                embed_dim=width,
                num_heads=count,
                blocks=kinds,
                window=(8, 8),
                deformable=DeformableConfig(groups=shared),
            )
            for width, count, kinds, shared in zip(widths, heads, blocks, groups, strict=True)
        ),
    )


PRESETS: Mapping[str, ModelConfig] = {
    config.preset: config
    for config in (
        _micro(),
        _pyramid("datar-tiny", widths=(96, 192, 384, 768), heads=(3, 6, 12, 24), depth=6),
        _pyramid("datar-small", widths=(96, 192, 384, 768), heads=(3, 6, 12, 24), depth=18),
        _pyramid("datar-base", widths=(128, 256, 512, 1024), heads=(4, 8, 16, 32), depth=18),
        _pyramid(
            "paper",
            widths=(96, 192, 384, 768),
            heads=(3, 6, 12, 24),
            depth=6,
            fbank=FBANKS["paper"],
        ),
        AstConfig(preset="ast-base", fbank=FBANKS["ast"]),
        # At about datar-micro's cost, as conv-micro is.
        AstConfig(
            preset="ast-micro",
            fbank=FBANKS["micro"],
            embed_dim=128,
            num_heads=2,
            depth=6,
            dropout=0.1,
        ),
        ConvConfig(preset="conv-micro", fbank=FBANKS["micro"], dropout=0.1),
    )
}


def preset(name: str) -> ModelConfig:
    """The configuration of that name.

    Raises:
        ConfigError: there is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"unknown preset {name!r}", fix=f"Presets: {', '.join(PRESETS)}.")
    return PRESETS[name]
