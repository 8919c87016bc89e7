"""Bilinear interpolation of rows of channels at continuous points, in operators runtimes have.

The kernels that every rewriting of `F.grid_sample` is made of: the sampler φ of the model
(`datar_edge.models.sampling`) and the pass over anybody's program
(`datar_edge.export.grid_sample`). Points are `(y, x)` in pixels of what is sampled, (0, 0)
being the centre of the first; the map is zero outside.

The functions `…_points` take both coordinates in one tensor, those called `…_at` one by one, as
they come from arithmetic on each.

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
    return gather_at(rows, points[..., 0], points[..., 1], size)


def gather_at(
    rows: Tensor, y: Tensor, x: Tensor, size: tuple[int, int], *, inside: bool = False
) -> Tensor:
    """The four neighbours of each point in one look-up.

    Runtimes do many small operators slowly and leave their accelerated part for each look-up, so
    rows and columns are weighted before they are combined, and all neighbours looked up at once.

    Args:
        rows: `[B, H * W, C]`, the map row by row; below 2**24 pixels, for a float to count them.
        y: `[B, N]`, finite.
        x: `[B, N]`, finite.
        size: (H, W).
        inside: whether all points are known to lie on the map, which saves masking.

    Returns:
        `[B, N, C]`.
    """
    (top, bottom), (above, below) = _neighbours(y, size[0], inside=inside)
    (left, right), (before, after) = _neighbours(x, size[1], inside=inside)
    width = 1.0 * size[1]  # ONNX makes two operators of a whole number times a float
    top, bottom = top * width, bottom * width
    index = torch.stack((top + left, top + right, bottom + left, bottom + right))
    values = _look_up(rows, index)
    weights = torch.stack((above * before, above * after, below * before, below * after))
    parts = weights.unsqueeze(-1) * values
    return parts[0] + parts[1] + parts[2] + parts[3]


def gather_nearest_at(
    rows: Tensor, y: Tensor, x: Tensor, size: tuple[int, int], *, inside: bool = False
) -> Tensor:
    """The one pixel at each point, zero outside the map; arguments as of `gather_at`.

    Args:
        rows: `[B, H * W, C]`, the map row by row; below 2**24 pixels, for a float to count them.
        y: `[B, N]`, whole numbers.
        x: `[B, N]`, whole numbers.
        size: (H, W).
        inside: whether all points are known to lie on the map, which saves masking.

    Returns:
        `[B, N, C]`.
    """
    row, column = y.clamp(0.0, size[0] - 1.0), x.clamp(0.0, size[1] - 1.0)
    values = _look_up(rows, row * (1.0 * size[1]) + column)
    if inside:
        return values
    return (_same(y, row) * _same(x, column)).unsqueeze(-1) * values


def dense_points(rows: Tensor, points: Tensor, size: tuple[int, int]) -> Tensor:
    """Eq. (3) read literally: a matrix product with the weights g, without any index.

    Args:
        rows: `[..., H * W, C]`, the map row by row.
        points: `[..., N, 2]`.
        size: (H, W).

    Returns:
        `[..., N, C]`.
    """
    return dense_at(rows, points[..., 0], points[..., 1], size)


def dense_at(rows: Tensor, y: Tensor, x: Tensor, size: tuple[int, int]) -> Tensor:
    """See `dense_points`; y and x are `[..., N]`. Whole numbers give the one pixel at each."""
    weight = hat(y, size[0]).unsqueeze(-1) * hat(x, size[1]).unsqueeze(-2)
    return weight.flatten(-2) @ rows


def _neighbours(
    points: Tensor, size: int, *, inside: bool
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The pixels before and after points of an axis, on the map, and the weights of both."""
    first = points.floor()
    second = first + 1.0
    toward = points - first
    places = first.clamp(0.0, size - 1.0), second.clamp(0.0, size - 1.0)
    if inside:  # only a second neighbour can be off the map, and there its weight is zero
        return places, (1.0 - toward, toward)
    return places, (
        (1.0 - toward) * _same(first, places[0]),
        toward * _same(second, places[1]),
    )


def _same(pixels: Tensor, others: Tensor) -> Tensor:
    """1 where two whole numbers are equal, else 0, in float: comparisons leave the accelerator."""
    return F.relu(1.0 - (pixels - others).abs())


def _look_up(rows: Tensor, index: Tensor) -> Tensor:
    """Rows by their number: `[B, R, C]` at whole floats `[..., B, N]` gives `[..., B, N, C]`."""
    batch, count, channels = rows.shape
    whole = index.long()
    if batch != 1:
        whole = whole + torch.arange(batch, device=rows.device).unsqueeze(1) * count
    flat = rows.reshape(batch * count, channels)
    return flat.index_select(0, whole.flatten()).reshape(*index.shape, channels)
