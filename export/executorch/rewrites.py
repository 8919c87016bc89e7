"""Modules in operators that XNNPACK takes from ExecuTorch, computing the same."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.export.lowering import Rewrite
from datar_edge.export.patches import patch_as_linear
from datar_edge.export.shares import heads_in_shares

_LOGIT_BYTES = 1 << 20


class MatmulLayerNorm(nn.Module):
    """LayerNorm whose means are matrix products.

    XNNPACK's delegate takes neither `native_layer_norm` nor a mean over the last axis. A product
    with a column of 1/C is both, in a kernel that is fast.

    Args:
        norm: of the last axis.
    """

    averaging: Tensor

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        channels = norm.normalized_shape[0]
        self.eps = norm.eps
        self.weight, self.bias = norm.weight, norm.bias
        self.register_buffer("averaging", torch.full((channels, 1), 1.0 / channels))

    def forward(self, features: Tensor) -> Tensor:
        """`[..., C]` gives the same shape."""
        rows = features.flatten(0, -2)
        centred = rows - rows @ self.averaging
        variance = (centred * centred) @ self.averaging
        normal = centred * torch.rsqrt(variance + self.eps)
        if self.weight is not None:
            normal = normal * self.weight
        if self.bias is not None:
            normal = normal + self.bias
        return normal.view(features.shape)


class RowsLinear(nn.Module):
    """A linear layer on rows `[N, C]`, whatever the shape of its input.

    XNNPACK's delegate takes maps for channels-last images after a convolution, and fails at load
    where a layer quantized at run time follows on a map of four axes.

    Args:
        linear: the layer.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, features: Tensor) -> Tensor:
        """`[..., C]` gives `[..., outputs]`."""
        rows = F.linear(features.flatten(0, -2), self.weight, self.bias)
        return rows.view(*features.shape[:-1], -1)


def linear(module: nn.Module) -> nn.Module | None:
    """A linear layer on rows."""
    return RowsLinear(module) if isinstance(module, nn.Linear) else None


def layer_norm(module: nn.Module) -> nn.Module | None:
    """LayerNorm by matrix products."""
    if isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1:
        return MatmulLayerNorm(module)
    return None


REWRITES: Sequence[Rewrite] = (layer_norm, patch_as_linear, linear, heads_in_shares(_LOGIT_BYTES))
"""All of them, in the order in which they are tried."""


def keep_buffers(module: nn.Module) -> None:
    """Makes every buffer part of the state: ExecuTorch's passes fail on those that are not."""
    for part in module.modules():
        for name, buffer in list(part.named_buffers(recurse=False)):
            part.register_buffer(name, buffer, persistent=True)
