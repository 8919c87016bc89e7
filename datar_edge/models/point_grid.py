"""The grid of reference points, and how far a point may lie from its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from datar_edge.config import DeformableConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class PointGrid:
    """Where points come from: row by row, point n = (i, j) lies near (rows[i], columns[j]).

    Plain numbers, not a tensor: the forms of φ that use the bound unroll over it.

    Attributes:
        map_size: (H, W) of the map that the points lie on.
        rows: y of the reference points in pixels, ascending.
        columns: x of the reference points in pixels, ascending.
        range_px: largest distance of a point from its reference in each direction; infinity
            where there is no bound.
    """

    map_size: tuple[int, int]
    rows: tuple[float, ...]
    columns: tuple[float, ...]
    range_px: float = math.inf

    @property
    def bounded(self) -> bool:
        """Whether offsets are bounded."""
        return math.isfinite(self.range_px)

    @property
    def on_pixels(self) -> bool:
        """Whether there is one reference point on every pixel."""
        height, width = self.map_size
        return self.rows == tuple(range(height)) and self.columns == tuple(range(width))

    def reference(self) -> Tensor:
        """The reference points, `[N, 2]` as (y, x) in pixels."""
        axes = [torch.tensor(axis) for axis in (self.rows, self.columns)]
        return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 2)


def point_grid(map_size: tuple[int, int], config: DeformableConfig) -> PointGrid:
    """The uniform grid of a deformable attention.

    The paper spaces the points linearly from the top-left to the bottom-right corner. A direction
    with one point has it in the middle. The option "centre" puts all half a step further, as DAT's
    code does; the last ones lie outside the map.
    """
    axes: list[tuple[float, ...]] = []
    for size in map_size:
        count = -(-size // config.stride)
        if count == 1:
            axes.append(((size - 1) / 2,))
        else:
            first = 0.5 if config.reference == "centre" else 0.0
            axes.append(tuple((i + first) * ((size - 1) / (count - 1)) for i in range(count)))
    return PointGrid(
        map_size=map_size, rows=axes[0], columns=axes[1], range_px=config.offset_range_px
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Bands:
    """An axis of the grid cut in blocks of equal size, each with the pixels its points can reach.

    Attributes:
        count: blocks.
        size: reference points of each.
        starts: first pixel that each reaches, which may lie before the map.
        reach: pixels that each is given, the same number for all.
    """

    count: int
    size: int
    starts: tuple[int, ...]
    reach: int


def bands(axis: Sequence[float], range_px: float, size: int) -> Bands:
    """Cuts an axis in blocks of at most `size` reference points, all the same size."""
    block = max(length for length in range(1, size + 1) if len(axis) % length == 0)
    edges = [axis[first : first + block] for first in range(0, len(axis), block)]
    starts = tuple(math.floor(points[0] - range_px) for points in edges)
    ends = [math.ceil(points[-1] + range_px) for points in edges]
    reach = max(end - start + 1 for start, end in zip(starts, ends, strict=True))
    return Bands(count=len(edges), size=block, starts=starts, reach=reach)
