"""Toeplitz matrices made in the graph by slices, so that a file holds the table and not them."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from datar_edge.models.join import repeated


def toeplitz(values: Tensor, *, first: int, rows: int, columns: int) -> Tensor:
    """Rows that each are the one above moved one step to the right.

    By the skew trick of relative attention (Huang et al., 2018): the values are written `rows`
    times in a row and read in rows one shorter.

    Args:
        values: `[..., L]`; zero is taken before and behind them.
        first: index of the value in the first row and column, which may lie outside.
        rows: number of rows.
        columns: number of columns.

    Returns:
        `[..., rows, columns]`, element (r, c) being `values[..., first + c - r]`.
    """
    length = values.shape[-1]
    before = max(0, rows - 1 - first)
    behind = max(0, first + columns + 1 - length)
    padded = F.pad(values, (before, behind)) if before or behind else values
    padded_length = length + before + behind
    written = repeated(padded, rows)[..., : rows * (padded_length - 1)]
    read = written.reshape(*values.shape[:-1], rows, padded_length - 1)
    return read[..., first + before : first + before + columns]


def relative_bias(table: Tensor, size: tuple[int, int], *, beyond: int = 0) -> Tensor:
    """A table of relative positions for every pair of a query and a key pixel.

    Args:
        table: `[M, 2H - 1, 2W - 1]`; entry (H - 1, W - 1) is displacement zero.
        size: (H, W) of the map or window.
        beyond: how far key pixels go on outside; the table is zero outside itself.

    Returns:
        `[M, H * W, H + 2 * beyond, W + 2 * beyond]`, entry of displacement query minus key.
    """
    heads = table.shape[0]
    height, width = size
    wide, high = width + 2 * beyond, height + 2 * beyond
    across = toeplitz(table, first=width - 1 + beyond, rows=wide, columns=width)
    across = across.flatten(2).transpose(1, 2)  # [M, keys * queries along the width, 2H - 1]
    both = toeplitz(across, first=height - 1 + beyond, rows=high, columns=height)
    both = both.reshape(heads, wide, width, high, height)
    return both.permute(0, 4, 2, 3, 1).reshape(heads, height * width, high, wide)


def tied(table: Tensor, to: Tensor) -> Tensor:
    """The same table, made to look as if it depended on the input.

    A converter that computes beforehand what depends on no input would write the Toeplitz matrix,
    many times the table, into the file.

    Args:
        table: any values.
        to: a finite tensor that depends on the input.
    """
    zero = F.relu(-F.relu(to.flatten()[:1]))  # which no converter simplifies, as it does 0 * x
    return table + zero
