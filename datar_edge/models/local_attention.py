"""Attention within windows, and within windows shifted by half, after Swin."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from datar_edge.models.attention import HeadProjection, attend
from datar_edge.models.toeplitz import relative_bias, tied

# Added to the logits of pairs that are no neighbours on the map; exp(-100) is 0 in float32.
_MASKED = -100.0


class WindowAttention(nn.Module):
    """Multi-head attention within windows of a map, with a relative-position bias.

    Args:
        dim: channels.
        num_heads: heads, a divisor of `dim`.
        map_size: (H, W) of the map, whole windows in each direction.
        window: (height, width) of a window in tokens; cut to the map where that is smaller.
        shifted: whether windows are moved by half, rounded up as in DAT;
            a direction with one window never is.

    Attributes:
        tie_table: set by a lowering whose converter must not unfold the table, see `tied`.
    """

    mask: Tensor | None

    def __init__(
        self,
        *,
        dim: int,
        num_heads: int,
        map_size: tuple[int, int],
        window: tuple[int, int],
        shifted: bool,
    ) -> None:
        super().__init__()
        height, width = map_size
        self.window = (min(window[0], height), min(window[1], width))
        self.shift = (
            -(-self.window[0] // 2) if shifted and self.window[0] < height else 0,
            -(-self.window[1] // 2) if shifted and self.window[1] < width else 0,
        )
        self.grid = (height // self.window[0], width // self.window[1])
        self.num_heads = num_heads
        self.head_dim = dim // num_heads
        self.tie_table = False
        self.query = HeadProjection(dim, num_heads)
        self.key = HeadProjection(dim, num_heads, scaled=True)
        self.value = HeadProjection(dim, num_heads)
        self.project = nn.Linear(dim, dim)
        entries = (2 * self.window[0] - 1) * (2 * self.window[1] - 1)
        self.bias_table = nn.Parameter(torch.empty(num_heads, entries))
        nn.init.trunc_normal_(self.bias_table, std=0.02)
        mask = _shift_mask(map_size, self.window, self.shift) if any(self.shift) else None
        self.register_buffer("mask", mask, persistent=False)

    def bias(self, features: Tensor) -> Tensor:
        """The bias of each pair in a window, `[1, M, tokens, tokens]`."""
        height, width = self.window
        table = tied(self.bias_table, features) if self.tie_table else self.bias_table
        table = table.reshape(-1, 2 * height - 1, 2 * width - 1)
        return relative_bias(table, self.window).flatten(2).unsqueeze(0)

    def forward(self, features: Tensor) -> Tensor:
        """`[B, H, W, C]` gives the same shape."""
        rolled = _roll(features, self.shift)
        attended = attend(
            self._split(self.query(rolled)),
            self._split(self.key(rolled)),
            self._split(self.value(rolled)),
            self.bias(features),
            mask=self.mask,
        )
        merged: Tensor = self.project(self._merge(attended, features))
        return _roll(merged, (-self.shift[0], -self.shift[1]))

    def _split(self, features: Tensor) -> Tensor:
        """In windows and heads at once: `[B, H, W, C]` gives `[B * L, M, tokens, D]`."""
        columns, (height, width) = self.grid[1], self.window
        parts = features.reshape(-1, height, columns, width, self.num_heads, self.head_dim)
        parts = parts.permute(0, 2, 4, 1, 3, 5)
        return parts.reshape(-1, self.num_heads, height * width, self.head_dim)

    def _merge(self, heads: Tensor, like: Tensor) -> Tensor:
        """The way back: `[B * L, M, tokens, D]` gives the shape of `like`."""
        columns, (height, width) = self.grid[1], self.window
        parts = heads.reshape(-1, columns, self.num_heads, height, width, self.head_dim)
        return parts.permute(0, 3, 1, 4, 2, 5).reshape(like.shape)


def _roll(features: Tensor, shift: tuple[int, int]) -> Tensor:
    """Moves a map up and left, around its edges; by slices, which every runtime has."""
    for axis, step in zip((1, 2), shift, strict=True):
        if step:
            size = features.shape[axis]
            first = features.narrow(axis, 0, step % size)
            features = torch.cat(
                [features.narrow(axis, step % size, size - step % size), first], dim=axis
            )
    return features


def _shift_mask(
    map_size: tuple[int, int], window: tuple[int, int], shift: tuple[int, int]
) -> Tensor:
    """Parts pairs that only the roll brought together, `[windows, 1, tokens, tokens]`."""
    regions = torch.zeros(map_size)
    for axis in (0, 1):
        if shift[axis]:
            wrapped = torch.arange(map_size[axis]) >= map_size[axis] - shift[axis]
            regions += (axis + 1) * wrapped.to(regions.dtype).unsqueeze(1 - axis)
    height, width = window
    parts = regions.reshape(map_size[0] // height, height, map_size[1] // width, width)
    parts = parts.transpose(1, 2).reshape(-1, 1, height * width)
    return torch.where(parts.transpose(1, 2) == parts, 0.0, _MASKED).unsqueeze(1)
