"""The configuration of the audio spectrogram transformer, the paper's baseline."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from datar_edge.config.checks import build, require
from datar_edge.config.fbank import FbankConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class AstConfig:
    """The audio spectrogram transformer (Gong et al., 2021), the paper's baseline.

    Attributes:
        preset: the name this configuration is known by.
        fbank: the front-end.
        embed_dim: channels.
        num_heads: attention heads.
        depth: blocks.
        patch_size: side of a square patch, in mels and frames.
        patch_stride: distance between patches; below `patch_size` they overlap.
        mlp_ratio: width of the MLP over that of its block.
        drop_path: stochastic depth of the last block; it grows linearly from 0.
        dropout: before the heads.
    """

    preset: str
    fbank: FbankConfig
    embed_dim: int = 768
    num_heads: int = 12
    depth: int = 12
    patch_size: int = 16
    patch_stride: int = 10
    mlp_ratio: float = 4.0
    drop_path: float = 0.1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        require(self.depth >= 1, "depth", self.depth, "1 or more")
        require(
            self.num_heads >= 1 and self.embed_dim % self.num_heads == 0,
            "num_heads",
            self.num_heads,
            f"a divisor of embed_dim ({self.embed_dim})",
        )
        smaller = min(self.fbank.num_mel_bins, self.fbank.num_frames)
        require(
            1 <= self.patch_size <= smaller,
            "patch_size",
            self.patch_size,
            f"1 to the smaller side of the input ({smaller})",
        )
        require(
            1 <= self.patch_stride <= self.patch_size,
            "patch_stride",
            self.patch_stride,
            f"1 to patch_size ({self.patch_size})",
        )
        for name in ("drop_path", "dropout"):
            value = getattr(self, name)
            require(0.0 <= value < 1.0, name, value, "0 to below 1")
        require(self.mlp_ratio > 0, "mlp_ratio", self.mlp_ratio, "above 0")

    @property
    def grid(self) -> tuple[int, int]:
        """Patches along mels and along frames."""
        return tuple(  # type: ignore[return-value]
            (size - self.patch_size) // self.patch_stride + 1
            for size in (self.fbank.num_mel_bins, self.fbank.num_frames)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; `config_from_dict` reads it back."""
        return {"architecture": "ast", **dataclasses.asdict(self)}


def ast_from_fields(fields: dict[str, Any]) -> AstConfig:
    """Reads the fields that `AstConfig.to_dict` writes, the front-end's already read."""
    return build(AstConfig, fields, "configuration")
