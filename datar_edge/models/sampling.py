"""φ of Eq. (3), bilinear sampling at continuous points, in interchangeable forms.

It appears twice in a deformable attention: on the feature map, and on the relative-position
table. `F.grid_sample` is the definition; every form gives the same on any points, those outside
the map included, where it is zero.

Points are `(y, x)` in pixels of what is sampled, (0, 0) being the centre of the first pixel: no
division by a width that may be 1.

B: batch, G: offset groups, N: points, H and W: the map, C: channels, M: heads, Q = H·W queries.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from datar_edge.config import SamplerForm
from datar_edge.models.banded import BandedSampler
from datar_edge.models.bilinear import dense_points, gather_points, hat
from datar_edge.models.point_grid import PointGrid
from datar_edge.models.stencil import StencilSampler


class Sampler(Protocol):
    """One form of φ."""

    def refusal(self, grid: PointGrid) -> str:
        """Why the form does not apply to points of that grid; "" where it does."""
        ...

    def order(self, grid: PointGrid) -> Tensor:
        """The order in which points come back, as numbers `[N]` of the points that go in."""
        ...

    def features(self, features: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """Samples a feature map, each offset group its own share of the channels.

        Args:
            features: `[B, H, W, C]`.
            points: `[B, G, N, 2]` in pixels of the map.
            grid: where the points come from.

        Returns:
            `[B, N, C]`, points in the form's order.
        """
        ...

    def position_bias(self, table: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """Samples the table of relative positions at the displacements query minus point.

        Args:
            table: `[M, 2H - 1, 2W - 1]`; entry (H - 1, W - 1) is displacement zero.
            points: `[B, G, N, 2]` in pixels of the map; group g serves its share of the heads.
            grid: where the points come from; queries are all pixels of its map, row by row.

        Returns:
            `[B, M, H * W, N]`, points in the form's order.
        """
        ...


class _AnyPoints:
    """What the forms share that take any points and give them back as they came."""

    def refusal(self, grid: PointGrid) -> str:
        """See `Sampler.refusal`."""
        del grid
        return ""

    def order(self, grid: PointGrid) -> Tensor:
        """See `Sampler.order`."""
        return torch.arange(len(grid.rows) * len(grid.columns))


def _query_grid(map_size: tuple[int, int], like: Tensor) -> Tensor:
    """All pixels of a map as points, `[H * W, 2]`."""
    height, width = map_size
    rows = torch.arange(height, dtype=like.dtype, device=like.device)
    columns = torch.arange(width, dtype=like.dtype, device=like.device)
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1).reshape(-1, 2)


def _table_points(points: Tensor, map_size: tuple[int, int]) -> Tensor:
    """Where each (query, point) pair falls in the table, `[B, G, Q, N, 2]` in its pixels."""
    height, width = map_size
    centre = torch.tensor([height - 1, width - 1], dtype=points.dtype, device=points.device)
    queries = _query_grid(map_size, points) + centre
    return queries[:, None, :] - points[:, :, None, :, :]


def _displacements(coordinates: Tensor, size: int) -> Tensor:
    """Where all pixels of an axis fall in the table, `[B, G, N]` gives `[B, G, N, size]`."""
    pixels = torch.arange(size, dtype=coordinates.dtype, device=coordinates.device)
    return pixels + (size - 1.0) - coordinates.unsqueeze(-1)


class NativeSampler(_AnyPoints):
    """`F.grid_sample`, the definition."""

    def features(self, features: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.features`."""
        del grid
        batch, groups, count, _ = points.shape
        _, height, width, channels = features.shape
        maps = features.permute(0, 3, 1, 2).reshape(batch * groups, -1, height, width)
        sampled = _grid_sample(maps, points.reshape(batch * groups, 1, count, 2))
        return sampled.reshape(batch, channels, count).transpose(1, 2)

    def position_bias(self, table: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.position_bias`."""
        batch, groups = points.shape[:2]
        where = _table_points(points, grid.map_size).flatten(0, 1)
        tables = table.reshape(1, groups, -1, *table.shape[1:]).expand(batch, -1, -1, -1, -1)
        return _grid_sample(tables.flatten(0, 1), where).reshape(batch, -1, *where.shape[1:3])


def _grid_sample(maps: Tensor, points: Tensor) -> Tensor:
    """`F.grid_sample` with points in pixels: `[B, C, H, W]`, `[B, I, J, 2]` → `[B, C, I, J]`."""
    size = torch.tensor(maps.shape[-2:], dtype=points.dtype, device=points.device)
    # With align_corners=False the pixel p is (2p + 1) / size − 1, defined at size 1 too.
    grid = ((2.0 * points + 1.0) / size - 1.0).flip(-1)
    return F.grid_sample(maps, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


class GatherSampler(_AnyPoints):
    """The four neighbours looked up by index, with weights that are zero outside the map."""

    def features(self, features: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.features`."""
        del grid
        batch, groups = points.shape[:2]
        _, height, width, channels = features.shape
        rows = features.reshape(batch, height * width, groups, channels // groups)
        rows = rows.transpose(1, 2).reshape(batch * groups, height * width, channels // groups)
        sampled = gather_points(rows, points.flatten(0, 1), (height, width))
        return sampled.reshape(batch, groups, -1, channels // groups).transpose(1, 2).flatten(2)

    def position_bias(self, table: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.position_bias`."""
        batch, groups, count, _ = points.shape
        heads, height, width = table.shape
        rows = table.reshape(1, groups, heads // groups, height * width).transpose(2, 3)
        rows = rows.expand(batch, -1, -1, -1).flatten(0, 1)
        where = _table_points(points, grid.map_size).reshape(batch * groups, -1, 2)
        sampled = gather_points(rows, where, (height, width))
        return sampled.transpose(1, 2).reshape(batch, heads, -1, count)


class DenseSampler(_AnyPoints):
    """Eq. (3) read literally: a matrix product with the weights g, without any index."""

    def features(self, features: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.features`."""
        del grid
        batch, groups, count, _ = points.shape
        _, height, width, channels = features.shape
        rows = features.reshape(batch, height * width, groups, channels // groups).transpose(1, 2)
        sampled = dense_points(rows, points, (height, width))
        return sampled.transpose(1, 2).reshape(batch, count, channels)

    def position_bias(self, table: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.position_bias`.

        The table is sampled along time, then along frequency: the weights are separable, so the
        products are over 2W − 1 and 2H − 1 entries instead of all pairs of them.
        """
        batch, groups, count, _ = points.shape
        height, width = grid.map_size
        heads = table.shape[0] // groups
        along_y = hat(_displacements(points[..., 0], height), 2 * height - 1)
        along_x = hat(_displacements(points[..., 1], width), 2 * width - 1)
        tables = table.reshape(groups, heads, 2 * height - 1, 2 * width - 1)
        tables = tables.permute(0, 3, 2, 1).reshape(1, groups, 2 * width - 1, -1)
        columns = along_x.reshape(batch, groups, count * width, -1) @ tables
        columns = columns.reshape(batch, groups, count, width, 2 * height - 1, heads)
        columns = columns.transpose(3, 4).reshape(batch, groups, count, 2 * height - 1, -1)
        bias = (along_y @ columns).reshape(batch, groups, count, height * width, heads)
        return bias.permute(0, 1, 4, 3, 2).reshape(batch, groups * heads, height * width, count)


SAMPLERS: dict[SamplerForm, Sampler] = {
    "native": NativeSampler(),
    "gather": GatherSampler(),
    "dense": DenseSampler(),
    "stencil": StencilSampler(),
    "banded": BandedSampler(),
}
"""All forms by name."""
