"""Window and deformable attention against independent, slow implementations."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch

from datar_edge.config import DeformableConfig
from datar_edge.config.parts import PositionBias
from datar_edge.models.deformable_attention import (
    DeformableAttention,
    OffsetGenerator,
)
from datar_edge.models.local_attention import WindowAttention
from datar_edge.models.point_grid import point_grid


def heads_of(linear: torch.nn.Linear, tokens: torch.Tensor, heads: int) -> torch.Tensor:
    return linear(tokens).reshape(len(tokens), heads, -1).transpose(0, 1)


def window_attention_by_pairs(module: WindowAttention, features: torch.Tensor) -> torch.Tensor:
    """Each token attends to the tokens of its window, found by coordinates, with no roll."""
    height, width, dim = features.shape
    (win_h, win_w), (shift_h, shift_w) = module.window, module.shift
    heads = module.num_heads
    tokens = features.reshape(-1, dim)
    query = heads_of(module.query.linear, tokens, heads) * (dim // heads) ** -0.5
    key = heads_of(module.key.linear, tokens, heads)
    value = heads_of(module.value.linear, tokens, heads)
    rows, columns = np.divmod(np.arange(height * width), width)
    # Tokens wrapped around an edge are in windows of their own: the block index tells them apart.
    block_y = (rows - shift_h) // win_h
    block_x = (columns - shift_w) // win_w
    table = module.bias_table.reshape(heads, 2 * win_h - 1, 2 * win_w - 1)
    result = torch.zeros_like(query)
    for q in range(len(tokens)):
        near = np.flatnonzero((block_y == block_y[q]) & (block_x == block_x[q]))
        bias = table[:, rows[q] - rows[near] + win_h - 1, columns[q] - columns[near] + win_w - 1]
        logits = (query[:, q, None] * key[:, near]).sum(-1) + bias
        result[:, q] = (logits.softmax(-1).unsqueeze(-1) * value[:, near]).sum(1)
    merged = result.transpose(0, 1).reshape(-1, dim)
    return module.project(merged).reshape(features.shape)


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("map_size", [(8, 16), (4, 16), (2, 8), (8, 8), (4, 24)])
def test_window_attention_equals_the_pairs(map_size: tuple[int, int], shifted: bool) -> None:
    torch.manual_seed(5)
    module = WindowAttention(
        dim=8, num_heads=2, map_size=map_size, window=(4, 8), shifted=shifted
    ).eval()
    torch.nn.init.normal_(module.bias_table)
    features = torch.randn(3, *map_size, 8)
    with torch.no_grad():
        whole = module(features)
        for ours, one in zip(whole, features, strict=True):
            expected = window_attention_by_pairs(module, one)
            assert (ours - expected).abs().max() <= 1e-5


def test_a_single_window_is_not_shifted() -> None:
    module = WindowAttention(dim=8, num_heads=2, map_size=(2, 16), window=(4, 8), shifted=True)
    assert module.window == (2, 8)
    assert module.shift == (0, 4)


@pytest.mark.parametrize(
    ("stride", "expected_rows"), [(1, [0.0, 1.0, 2.0, 3.0]), (2, [0.0, 3.0]), (4, [1.5])]
)
def test_reference_points_span_the_map(stride: int, expected_rows: list[float]) -> None:
    points = point_grid((4, 4), DeformableConfig(stride=stride)).reference()
    assert sorted(set(points[:, 0].tolist())) == expected_rows
    assert torch.equal(points[:, 0].unique(), points[:, 1].unique())


def test_reference_points_half_a_step_further() -> None:
    points = point_grid((4, 1), DeformableConfig(stride=2, reference="centre")).reference()
    assert points.tolist() == [[1.5, 0.0], [4.5, 0.0]]  # ((i + 0.5) / (2 - 1) * 2 - 1) of DAT


def test_offsets_are_bounded() -> None:
    torch.manual_seed(6)
    generator = OffsetGenerator(16, DeformableConfig(groups=2, offset_range_px=1.5))
    offsets = generator(100.0 * torch.randn(2, 4, 8, 16))
    assert offsets.shape == (2, 2, 32, 2)
    assert 1.4 < offsets.abs().max() <= 1.5


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_without_offsets_it_is_global_attention(groups: int, stride: int) -> None:
    """With offsets zero, keys are the features at the reference points, biased by the table."""
    torch.manual_seed(8)
    size, dim, heads = (4, 6), 8, 4
    module = DeformableAttention(
        dim=dim,
        num_heads=heads,
        map_size=size,
        config=DeformableConfig(groups=groups, stride=stride, kernel_size=3),
    ).eval()
    torch.nn.init.zeros_(module.offsets.to_offset.weight)
    torch.nn.init.normal_(module.bias_table)
    features = torch.randn(2, *size, dim)
    if stride == 1:
        sampled = features.reshape(2, -1, dim)
    else:  # the grid of 2 by 3 points spans the map: rows 0 and 3, columns 0, 2.5 and 5
        middle = (features[:, :, 2] + features[:, :, 3]) / 2
        columns = torch.stack([features[:, :, 0], middle, features[:, :, 5]], dim=2)
        sampled = columns[:, [0, 3]].reshape(2, -1, dim)
    points = module.reference
    expected = []
    with torch.no_grad():
        for one, keys in zip(features, sampled, strict=True):
            query = heads_of(module.query.linear, one.reshape(-1, dim), heads)
            key = heads_of(module.key.linear, keys, heads)
            value = heads_of(module.value.linear, keys, heads)
            logits = query @ key.transpose(1, 2) / (dim // heads) ** 0.5
            for q, n in np.ndindex(*logits.shape[1:]):
                y, x = (
                    q // size[1] - points[n, 0] + size[0] - 1,
                    q % size[1] - points[n, 1] + size[1] - 1,
                )
                low, part = int(x), float(x) - int(x)
                table = module.bias_table[:, int(y)]
                high = min(low + 1, table.shape[1] - 1)
                logits[:, q, n] += (1 - part) * table[:, low] + part * table[:, high]
            merged = (logits.softmax(-1) @ value).transpose(0, 1).reshape(-1, dim)
            expected.append(module.project(merged).reshape(*size, dim))
        assert (module(features) - torch.stack(expected)).abs().max() <= 1e-5


@pytest.mark.parametrize("position_bias", get_args(PositionBias))
@pytest.mark.parametrize("heads_at_once", [1, 2, 4, 8])
def test_heads_in_shares_are_heads_together(
    position_bias: PositionBias, heads_at_once: int
) -> None:
    """In a form that gives points back in another order, for each kind of position bias."""
    torch.manual_seed(9)
    module = DeformableAttention(
        dim=16,
        num_heads=8,
        map_size=(3, 32),
        config=DeformableConfig(groups=2, position_bias=position_bias),
    ).eval()
    torch.nn.init.normal_(module.offsets.to_offset.weight)
    if position_bias != "none":
        torch.nn.init.normal_(module.bias_table)
    features = torch.randn(2, 3, 32, 16)
    with torch.no_grad():
        together = module(features)
        module.sampler, module.heads_at_once = "banded", heads_at_once
        assert (module(features) - together).abs().max() <= 1e-5
