"""Bilinear interpolation of rows of channels at continuous points, in operators runtimes have.

The kernels that every rewriting of `F.grid_sample` is made of: the sampler φ of the model
(`datar_edge.models.sampling`) and the pass over anybody's program
(`datar_edge.export.grid_sample`). Points are `(y, x)` in pixels of what is sampled, (0, 0)
being the centre of the first; the map is zero outside.

B: batch, H and W: the map, N: points, C: channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def hat(points: Tensor, size: int) -> Tensor:
    """G of Eq. (3), max(0, 1 − |p − r|) for all r < size: `[...]` gives `[..., size]`."""
    pixels = torch.arange(size, dtype=points.dtype, device=points.device)
    return F.relu(1.0 - (points.unsqueeze(-1) - pixels).abs())


def gather_points(rows: Tensor, points: Tensor, size: tuple[int, int]) -> Tensor:
    """The four neighbours looked up by index, with weights that are zero outside the map.

    Args:
        rows: `[B, H * W, C]`, the map row by row.
        points: `[B, N, 2]`.
        size: (H, W).

    Returns:
        `[B, N, C]`.
    """
    batch, pixels, channels = rows.shape
    flat = rows.reshape(batch * pixels, channels)
    first = torch.arange(batch, device=rows.device).unsqueeze(1) * pixels
    corner = points.floor()
    result = torch.zeros((), dtype=rows.dtype, device=rows.device)
    for down in (0.0, 1.0):
        for right in (0.0, 1.0):
            y, x = corner[..., 0] + down, corner[..., 1] + right
            weight = F.relu(1.0 - (points[..., 0] - y).abs())
            weight = weight * F.relu(1.0 - (points[..., 1] - x).abs())
            clamped_y, clamped_x = y.clamp(0.0, size[0] - 1.0), x.clamp(0.0, size[1] - 1.0)
            weight = weight * ((clamped_y == y) & (clamped_x == x)).to(weight.dtype)
            index = (clamped_y * size[1] + clamped_x).long() + first
            values = flat.index_select(0, index.flatten()).reshape(batch, -1, channels)
            result = result + weight.unsqueeze(-1) * values
    return result


def dense_points(rows: Tensor, points: Tensor, size: tuple[int, int]) -> Tensor:
    """Eq. (3) read literally: a matrix product with the weights g, without any index.

    Args:
        rows: `[..., H * W, C]`, the map row by row.
        points: `[..., N, 2]`.
        size: (H, W).

    Returns:
        `[..., N, C]`.
    """
    weight = hat(points[..., 0], size[0]).unsqueeze(-1) * hat(points[..., 1], size[1]).unsqueeze(-2)
    return weight.flatten(-2) @ rows
