"""φ for bounded offsets: products with the few pixels that a block of points can reach.

A point lies within ±s pixels of its reference, so the weights g of Eq. (3), points against
pixels, are a band matrix. Cut in blocks of neighbouring reference points along time, each block
needs a small dense product with the pixels it can reach: no index, and a fraction of the work of
the whole matrix.

The position bias uses that the weight of a table entry r for (query q, point p) is
g(q − p, r) = g(q − r, p): the table, read as a Toeplitz matrix of queries against key *pixels*, is
sampled at the points with the same weights as the features are. In the direction of time that is
a product with the block's part of the Toeplitz matrix, in the direction of frequency, which has
few pixels, a second one.

B: batch, G: offset groups, M: heads, N: points, K: blocks, P: points of a block, R: pixels that it
can reach, H and W: the map, C: channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from datar_edge.models.bilinear import hat
from datar_edge.models.join import stacked
from datar_edge.models.point_grid import Bands, PointGrid, bands
from datar_edge.models.toeplitz import toeplitz

_BLOCK = 16
"""Most reference points of a block along time.

Smaller blocks reach less beside themselves, larger ones make products that runtimes run at a
better rate; 8 and 32 were slower (`benchmarks/sampler.py`).
"""


class BandedSampler:
    """Bounded offsets only. Points come back block by block: see `order`."""

    def refusal(self, grid: PointGrid) -> str:
        """See `Sampler.refusal`."""
        return "" if grid.bounded else "its offsets are not bounded"

    def order(self, grid: PointGrid) -> Tensor:
        """See `Sampler.order`: block of time, row, column within the block."""
        cut = _bands(grid)
        numbers = torch.arange(len(grid.rows) * len(grid.columns))
        return numbers.reshape(len(grid.rows), cut.count, cut.size).transpose(0, 1).flatten()

    def features(self, features: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.features`."""
        batch, height, width, channels = features.shape
        groups = points.shape[1]
        cut = _bands(grid)
        blocks = _blocks(points, cut)
        weights = hat(blocks[..., 0], height).unsqueeze(-1) * _along_time(blocks, cut).unsqueeze(-2)
        parts = [_columns(features, start, cut.reach, width) for start in cut.starts]
        reached = stacked(parts, dim=1)
        reached = reached.reshape(batch, cut.count, height * cut.reach, groups, channels // groups)
        reached = reached.permute(0, 3, 1, 2, 4)
        sampled = weights.flatten(-2) @ reached  # [B, G, K, P, C / G]
        return sampled.flatten(2, 3).transpose(1, 2).flatten(2)

    def position_bias(self, table: Tensor, points: Tensor, grid: PointGrid) -> Tensor:
        """See `Sampler.position_bias`."""
        batch, heads = len(points), len(table)
        height, width = grid.map_size
        entries = table.shape[1]
        cut = _bands(grid)
        blocks = _blocks(points, cut)
        # Head by head, although a group's heads share their weights: the products are small
        # enough to stay in a core's cache, which is worth more than fewer of them.
        along_x = _per_head(_along_time(blocks, cut), heads)
        columns = along_x.flatten(1, 2) @ _block_tables(table, cut, width)
        columns = columns.reshape(-1, entries, width)  # [B * M * N, 2H − 1, W]
        pixels = torch.arange(height, dtype=points.dtype, device=points.device)
        displacements = pixels + (height - 1.0) - blocks[..., 0].flatten(2).unsqueeze(-1)
        along_y = _per_head(hat(displacements, entries), heads)
        bias = along_y.flatten(0, 2) @ columns
        return bias.reshape(batch, heads, -1, height * width).transpose(2, 3)


def _block_tables(table: Tensor, cut: Bands, width: int) -> Tensor:
    """For each block the table against the pixels it reaches, `[1, M * K, R, (2H − 1) * W]`.

    Element (r, (dy, q)) is the entry of row dy for query column q and the block's pixel r.
    """
    last = max(cut.starts)
    across = toeplitz(
        table, first=width - 1 - last, rows=cut.reach, columns=width + last - min(cut.starts)
    )
    parts = [across[..., last - start : last - start + width] for start in cut.starts]
    blocks = stacked(parts, dim=1)  # [M, K, 2H − 1, R, W]
    return blocks.transpose(2, 3).reshape(1, -1, cut.reach, table.shape[1] * width)


def _bands(grid: PointGrid) -> Bands:
    return bands(grid.columns, grid.range_px, _BLOCK)


def _blocks(points: Tensor, cut: Bands) -> Tensor:
    """`[B, G, N, 2]`, row by row, gives `[B, G, K, P, 2]`."""
    batch, groups, count, _ = points.shape
    rows = points.reshape(batch, groups, count // (cut.count * cut.size), cut.count, cut.size, 2)
    return rows.transpose(2, 3).reshape(batch, groups, cut.count, -1, 2)


def _along_time(blocks: Tensor, cut: Bands) -> Tensor:
    """Weights of the pixels of each block: `[B, G, K, P, 2]` gives `[B, G, K, P, R]`."""
    starts = torch.tensor(cut.starts, dtype=blocks.dtype, device=blocks.device)
    return hat(blocks[..., 1] - starts.reshape(-1, 1), cut.reach)


def _per_head(grouped: Tensor, heads: int) -> Tensor:
    """`[B, G, …]` gives `[B, M, …]`: every head of a group the group's."""
    return stacked([grouped] * (heads // grouped.shape[1]), dim=2).flatten(1, 2)


def _columns(features: Tensor, start: int, count: int, width: int) -> Tensor:
    """Columns of a map `[B, H, W, C]`, zero outside: `[B, H, count, C]`."""
    first, last = max(0, start), min(width, start + count)
    inside = features[:, :, first:last]
    before, behind = first - start, start + count - last
    return F.pad(inside, (0, 0, before, behind)) if before or behind else inside
