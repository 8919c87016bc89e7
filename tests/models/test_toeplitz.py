"""Toeplitz matrices, relative biases and joins against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from datar_edge.models.join import repeated, stacked
from datar_edge.models.toeplitz import relative_bias, tied, toeplitz


@pytest.mark.parametrize("first", [-6, -1, 0, 3, 8])
@pytest.mark.parametrize("rows", [1, 3, 7, 20])
@pytest.mark.parametrize("columns", [1, 5, 9])
def test_every_element_is_the_value_it_says(first: int, rows: int, columns: int) -> None:
    values = torch.randn(2, 7, generator=torch.Generator().manual_seed(1))
    matrix = toeplitz(values, first=first, rows=rows, columns=columns)
    assert matrix.shape == (2, rows, columns)
    for r, c in np.ndindex(rows, columns):
        index = first + c - r
        expected = values[:, index] if 0 <= index < 7 else torch.zeros(2)
        assert torch.equal(matrix[:, r, c], expected)


@pytest.mark.parametrize("beyond", [0, 2])
@pytest.mark.parametrize("size", [(2, 3), (1, 4), (3, 1)])
def test_relative_bias_is_the_entry_of_query_minus_key(size: tuple[int, int], beyond: int) -> None:
    height, width = size
    table = torch.randn(2, 2 * height - 1, 2 * width - 1)
    bias = relative_bias(table, size, beyond=beyond)
    assert bias.shape == (2, height * width, height + 2 * beyond, width + 2 * beyond)
    for q, y, x in np.ndindex(*bias.shape[1:]):
        row = q // width - (y - beyond) + height - 1
        column = q % width - (x - beyond) + width - 1
        inside = 0 <= row < table.shape[1] and 0 <= column < table.shape[2]
        expected = table[:, row, column] if inside else torch.zeros(2)
        assert torch.equal(bias[:, q, y, x], expected)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9, 17])
def test_joins_of_a_few_are_the_stack(count: int) -> None:
    parts = [torch.randn(2, 3, 4) for _ in range(count)]
    for dim in (0, 1, 2):
        assert torch.equal(stacked(parts, dim), torch.stack(parts, dim))
    written = repeated(parts[0], count)
    assert torch.equal(written[..., : 4 * count], torch.cat([parts[0]] * count, dim=-1))


@pytest.mark.parametrize("value", [-3.0, 0.0, 1e-40, 1e30])
def test_a_tied_table_is_the_same_table(value: float) -> None:
    table = torch.randn(3, 4)
    assert torch.equal(tied(table, torch.tensor([value])), table)
