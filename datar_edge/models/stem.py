"""From the spectrogram to the first feature map, and from one stage to the next."""

from __future__ import annotations

from torch import Tensor, nn

from datar_edge.config import StemKind
from datar_edge.models.layers import Conv


def build_stem(kind: StemKind, dim: int) -> nn.Module:
    """The patch embedding: `[B, mels, frames, 1]` gives `[B, mels / 4, frames / 4, dim]`.

    Args:
        kind: "patch", one 4x4 convolution of stride 4 as in DAT; "conv", two overlapping 3x3
            convolutions of stride 2, each with batch-norm.
        dim: channels out.
    """
    if kind == "patch":
        return nn.Sequential(Conv(1, dim, 4, stride=4), nn.LayerNorm(dim))
    return nn.Sequential(
        Conv(1, dim // 2, 3, stride=2, padding=1, bias=False, batch_norm=True),
        nn.GELU(),
        Conv(dim // 2, dim, 3, stride=2, padding=1, bias=False, batch_norm=True),
    )


def build_downsample(kind: StemKind, inputs: int, outputs: int) -> nn.Module:
    """Between stages: `[B, H, W, inputs]` gives `[B, H / 2, W / 2, outputs]`."""
    if kind == "patch":
        return nn.Sequential(Conv(inputs, outputs, 2, stride=2, bias=False), nn.LayerNorm(outputs))
    return Conv(inputs, outputs, 3, stride=2, padding=1, bias=False, batch_norm=True)


def as_map(spectrogram: Tensor) -> Tensor:
    """`[B, 1, mels, frames]` as a channels-last map `[B, mels, frames, 1]`."""
    return spectrogram.permute(0, 2, 3, 1)
