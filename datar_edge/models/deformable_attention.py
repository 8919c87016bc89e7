"""Deformable attention: keys and values are sampled where an offset generator points.

B: batch, G: offset groups, N: points, H and W: the map, C: channels, M: heads, Q = H·W.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.config import DeformableConfig, SamplerForm
from datar_edge.models.attention import HeadProjection, attend, merge_heads, split_heads
from datar_edge.models.join import stacked
from datar_edge.models.layers import Conv
from datar_edge.models.point_grid import point_grid
from datar_edge.models.sampling import SAMPLERS
from datar_edge.models.toeplitz import tied


class OffsetGenerator(nn.Module):
    """The audio offset generator (AOG): queries to bounded 2-D offsets, one map a group.

    Args:
        dim: channels of the queries, all groups together.
        config: groups, stride, kernel, range.
    """

    def __init__(self, dim: int, config: DeformableConfig) -> None:
        super().__init__()
        self.groups = config.groups
        self.range_px = config.offset_range_px
        width = dim // config.groups
        kernel = config.kernel_size
        self.depthwise = Conv(
            width, width, kernel, stride=config.stride, padding=kernel // 2, groups=width
        )
        self.norm = nn.LayerNorm(width) if config.offset_norm else nn.Identity()
        self.to_offset = nn.Linear(width, 2, bias=False)

    def forward(self, queries: Tensor) -> Tensor:
        """Computes Δp ← s·tanh(θ(q)).

        Args:
            queries: `[B, H, W, C]`.

        Returns:
            `[B, G, N, 2]` as (y, x) in pixels, each within ±`range_px`.
        """
        batch, height, width, _ = queries.shape
        grouped = queries.reshape(batch, height, width, self.groups, -1)
        grouped = grouped.permute(0, 3, 1, 2, 4).flatten(0, 1)
        offsets: Tensor = self.to_offset(F.gelu(self.norm(self.depthwise(grouped))))
        return self.range_px * torch.tanh(offsets).reshape(batch, self.groups, -1, 2)


class DeformableAttention(nn.Module):
    """Multi-head attention on deformed points with an interpolated position bias, Eq. (2)–(4).

    Args:
        dim: channels.
        num_heads: heads, a divisor of `dim`.
        map_size: (H, W) of the map.
        config: the offset generator and the grid of points.

    Attributes:
        sampler: the form of φ.
        heads_at_once: how many heads are attended before the next; a lowering sets it to so few
            that their biases and logits stay in a core's cache. It divides the heads of an offset
            group or is a multiple of them.
    """

    reference: Tensor

    def __init__(
        self, *, dim: int, num_heads: int, map_size: tuple[int, int], config: DeformableConfig
    ) -> None:
        super().__init__()
        self.sampler: SamplerForm = "native"
        self.tie_table = False
        self.num_heads = num_heads
        self.heads_at_once = num_heads
        self.query = HeadProjection(dim, num_heads)
        self.key = HeadProjection(dim, num_heads, scaled=True)
        self.value = HeadProjection(dim, num_heads)
        self.project = nn.Linear(dim, dim)
        self.offsets = OffsetGenerator(dim, config)
        self.grid = point_grid(map_size, config)
        self.register_buffer("reference", self.grid.reference(), persistent=False)
        self.position_bias = config.position_bias
        if config.position_bias != "none":
            self.bias_table = nn.Parameter(torch.empty(num_heads, *self._table_size(map_size)))
            nn.init.trunc_normal_(self.bias_table, std=0.02)

    def _table_size(self, map_size: tuple[int, int]) -> tuple[int, int]:
        height, width = map_size
        if self.position_bias == "fixed":
            return height * width, len(self.reference)
        return 2 * height - 1, 2 * width - 1

    def points(self, features: Tensor) -> Tensor:
        """Where keys and values are sampled: `[B, H, W, C]` gives `[B, G, N, 2]` in pixels."""
        return self._points(self.query(features))

    def _points(self, queries: Tensor) -> Tensor:
        offsets: Tensor = self.offsets(queries)
        return self.reference + offsets

    def forward(self, features: Tensor) -> Tensor:
        """`[B, H, W, C]` gives the same shape."""
        sampler = SAMPLERS[self.sampler]
        queries: Tensor = self.query(features)
        points = self._points(queries)
        sampled = sampler.features(features, points, self.grid)
        heads = [
            split_heads(tokens, self.num_heads)
            for tokens in (queries.flatten(1, 2), self.key(sampled), self.value(sampled))
        ]
        shares = []
        for first in range(0, self.num_heads, self.heads_at_once):
            share = slice(first, first + self.heads_at_once)
            query, key, value = (part[:, share] for part in heads)
            shares.append(attend(query, key, value, self._bias(queries, points, share)))
        attended = merge_heads(stacked(shares, dim=1).flatten(1, 2))
        projected: Tensor = self.project(attended)
        return projected.reshape(features.shape)

    def _bias(self, queries: Tensor, points: Tensor, share: slice) -> Tensor | None:
        """φ(B̂; R) of some heads, `[1 or B, M, H * W, N]`."""
        if self.position_bias == "none":
            return None
        if self.position_bias == "fixed":
            order = SAMPLERS[self.sampler].order(self.grid)
            return self.bias_table[share, :, order].unsqueeze(0)
        table = tied(self.bias_table, queries) if self.tie_table else self.bias_table
        groups = self.offsets.groups
        first, last = (groups * place // self.num_heads for place in (share.start, share.stop - 1))
        bias: Tensor = SAMPLERS[self.sampler].position_bias(
            table[share], points[:, first : last + 1], self.grid
        )
        return bias


def set_sampler(model: nn.Module, form: SamplerForm) -> None:
    """Chooses the form of φ in every deformable attention; what it computes is the same."""
    for module in model.modules():
        if isinstance(module, DeformableAttention):
            module.sampler = form
