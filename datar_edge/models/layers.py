"""Small layers that all blocks share. Feature maps are `[B, H, W, C]`, channels last."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Conv(nn.Module):
    """A 2-D convolution on channels-last maps.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel_size: side of the kernel.
        stride: step in both directions.
        padding: zeros around the map.
        groups: as in `nn.Conv2d`; `inputs` gives a depth-wise convolution.
        bias: whether to add a bias.
        batch_norm: whether to normalise each channel over batch and map afterwards. Unlike
            LayerNorm it keeps how loud one place is against another, and at inference it is part
            of the kernel.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        bias: bool = True,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel_size, stride=stride, padding=padding, groups=groups, bias=bias
        )
        self.norm = nn.BatchNorm2d(outputs) if batch_norm else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """`[B, H, W, inputs]` gives `[B, H', W', outputs]`."""
        result: Tensor = self.norm(self.conv(features.permute(0, 3, 1, 2)))
        return result.permute(0, 2, 3, 1)


class Mlp(nn.Module):
    """Two linear layers with a GELU between, Eq. (1).

    Args:
        dim: channels in and out.
        hidden: channels between.
    """

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.expand = nn.Linear(dim, hidden)
        self.reduce = nn.Linear(hidden, dim)

    def forward(self, features: Tensor) -> Tensor:
        """`[..., dim]` gives `[..., dim]`."""
        result: Tensor = self.reduce(F.gelu(self.expand(features)))
        return result


class DropPath(nn.Module):
    """Stochastic depth: while training, drops a residual branch for whole examples.

    Args:
        probability: of dropping, 0 to below 1.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, features: Tensor) -> Tensor:
        """`[B, ...]` gives the same shape, kept branches scaled to the same mean."""
        if not self.training or self.probability == 0.0:
            return features
        keep = 1.0 - self.probability
        shape = (features.shape[0],) + (1,) * (features.ndim - 1)
        mask = torch.empty(shape, dtype=features.dtype, device=features.device).bernoulli_(keep)
        return features * mask / keep
