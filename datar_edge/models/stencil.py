"""φ for bounded offsets around every pixel: shifted maps times hat weights.

With a reference point on every pixel and offsets within ±s, only the (2⌈s⌉ + 1)² neighbours at
whole displacements d have a weight g that is not zero, relu(1 − |o − d|) for the offset o. Sampling
becomes a sum of shifted slices times weights: pad, slice, subtract, abs, relu, multiply, add, which
every accelerator has.

B: batch, G: offset groups, M: heads, H and W: the map, C: channels, Q = N = H·W.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from datar_edge.models.point_grid import PointGrid
from datar_edge.models.toeplitz import relative_bias


class StencilSampler:
    """Bounded offsets and a reference point on every pixel only."""

    def refusal(self, grid: PointGrid) -> str:
        """See `Sampler.refusal`."""
        if not grid.bounded:
            return "its offsets are not bounded"
        return "" if grid.on_pixels else "its reference points are not the pixels of the map"

    def order(self, grid: PointGrid) -> Tensor:
        """See `Sampler.order`: row by row."""
        return torch.arange(grid.map_size[0] * grid.map_size[1])

    def features(self, features: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.features`."""
        batch, height, width, channels = features.shape
        groups, reach = points.shape[1], math.ceil(grid.range_px)
        maps = features.reshape(batch, height, width, groups, channels // groups)
        padded = F.pad(maps, (0, 0, 0, 0, reach, reach, reach, reach))
        total = torch.zeros((), dtype=features.dtype, device=features.device)
        for down, right, weight in _weights(points, grid):
            rows = slice(reach + down, reach + down + height)
            columns = slice(reach + right, reach + right + width)
            spread = weight.transpose(1, 2).reshape(batch, height, width, groups, 1)
            total = total + padded[:, rows, columns] * spread
        return total.reshape(batch, height * width, channels)

    def position_bias(self, table: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.position_bias`."""
        batch, groups = points.shape[:2]
        height, width = grid.map_size
        reach = math.ceil(grid.range_px)
        pixels = relative_bias(table, grid.map_size, beyond=reach)
        pixels = pixels.reshape(1, groups, -1, height * width, *pixels.shape[2:])
        total = torch.zeros((), dtype=table.dtype, device=table.device)
        for down, right, weight in _weights(points, grid):
            rows = slice(reach + down, reach + down + height)
            columns = slice(reach + right, reach + right + width)
            spread = weight.reshape(batch, groups, 1, 1, height, width)
            total = total + pixels[..., rows, columns] * spread
        return total.reshape(batch, -1, height * width, height * width)


def _weights(points: Tensor, grid: PointGrid) -> Iterator[tuple[int, int, Tensor]]:
    """For each displacement (down, right) its weight, `[B, G, N]`."""
    reach = math.ceil(grid.range_px)
    offsets = points - grid.reference().to(points)
    steps = range(-reach, reach + 1)
    along = [
        {step: F.relu(1.0 - (offsets[..., axis] - float(step)).abs()) for step in steps}
        for axis in (0, 1)
    ]
    for down, right in itertools.product(steps, steps):
        yield down, right, along[0][down] * along[1][right]
