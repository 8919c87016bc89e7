"""All forms of φ against `F.grid_sample` and against a literal loop over Eq. (3)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from datar_edge.config import DeformableConfig
from datar_edge.models.point_grid import PointGrid, bands, point_grid
from datar_edge.models.sampling import SAMPLERS

# Batch, groups, points, height, width, channels, heads.
SHAPES = {
    "stage": (2, 2, 64, 4, 16, 8, 4),
    "odd": (2, 1, 9, 3, 5, 6, 3),
    "height 1": (1, 1, 5, 1, 7, 4, 2),
    "width 1": (1, 2, 5, 7, 1, 4, 2),
    "one pixel": (1, 1, 4, 1, 1, 2, 2),
    "few points": (2, 2, 1, 6, 6, 4, 2),
}
ANY_POINTS = ["native", "gather", "dense"]
"""Forms that take points anywhere."""
POINTS = ["inside", "outside", "on the grid", "half a pixel out"]
TOLERANCE = 1e-5
"""grid_sample normalises coordinates to [-1, 1] and back, which costs a few ulp of the width."""


def free_grid(size: tuple[int, int], count: int) -> PointGrid:
    """Points that are bound to nothing."""
    return PointGrid(map_size=size, rows=(0.0,), columns=(0.0,) * count)


def make_points(kind: str, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    batch, groups, count, height, width, *_ = shape
    size = torch.tensor([height, width], dtype=torch.float32)
    unit = torch.rand(batch, groups, count, 2, generator=generator)
    if kind == "inside":
        return unit * (size - 1)
    if kind == "outside":
        return unit * (size + 8) - 4
    if kind == "on the grid":
        return (unit * (size + 2) - 1).round()
    return torch.where(unit < 0.5, torch.tensor(-0.5), size - 0.5)


def loop_features(features: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Eq. (3) as it is written."""
    batch, height, width, channels = features.shape
    groups, count = points.shape[1:3]
    share = channels // groups
    result = np.zeros((batch, count, channels))
    for b, g, n in np.ndindex(batch, groups, count):
        p_y, p_x = points[b, g, n]
        for r_y, r_x in np.ndindex(height, width):
            weight = max(0.0, 1 - abs(p_y - r_y)) * max(0.0, 1 - abs(p_x - r_x))
            part = slice(g * share, (g + 1) * share)
            result[b, n, part] += weight * features[b, r_y, r_x, part]
    return result


def loop_bias(table: np.ndarray, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Eq. (3) on the table of relative positions."""
    heads = len(table)
    batch, groups, count, _ = points.shape
    result = np.zeros((batch, heads, size[0] * size[1], count))
    for b, m, q_y, q_x, n in np.ndindex(batch, heads, *size, count):
        p_y, p_x = points[b, m * groups // heads, n]
        y, x = q_y - p_y + size[0] - 1, q_x - p_x + size[1] - 1
        value = 0.0
        for r_y, r_x in np.ndindex(*table.shape[1:]):
            value += max(0.0, 1 - abs(y - r_y)) * max(0.0, 1 - abs(x - r_x)) * table[m, r_y, r_x]
        result[b, m, q_y * size[1] + q_x, n] = value
    return result


@pytest.mark.parametrize("form", ANY_POINTS)
@pytest.mark.parametrize("kind", POINTS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_features_equal_the_loop(form: str, kind: str, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(11)
    features = torch.randn(shape[0], shape[3], shape[4], shape[5], generator=generator)
    points = make_points(kind, shape, generator)
    expected = torch.from_numpy(loop_features(features.double().numpy(), points.double().numpy()))
    sampled = SAMPLERS[form].features(features, points, free_grid(shape[3:5], shape[2]))
    assert sampled.shape == expected.shape
    assert (sampled - expected).abs().max() <= TOLERANCE


@pytest.mark.parametrize("form", ANY_POINTS)
@pytest.mark.parametrize("kind", POINTS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_position_bias_equals_the_loop(form: str, kind: str, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(12)
    size = shape[3:5]
    table = torch.randn(shape[6], 2 * size[0] - 1, 2 * size[1] - 1, generator=generator)
    points = make_points(kind, shape, generator)
    points = points[:, :, :16]  # the loop is slow
    expected = torch.from_numpy(loop_bias(table.double().numpy(), points.double().numpy(), size))
    sampled = SAMPLERS[form].position_bias(table, points, free_grid(size, points.shape[2]))
    assert sampled.shape == expected.shape
    assert (sampled - expected).abs().max() <= TOLERANCE


@pytest.mark.parametrize("form", ANY_POINTS)
def test_features_equal_grid_sample(form: str) -> None:
    """The definition, in grid_sample's own coordinates with corners aligned, as DAT calls it."""
    generator = torch.Generator().manual_seed(13)
    features = torch.randn(2, 5, 9, 6, generator=generator)
    grid = torch.rand(2, 1, 40, 2, generator=generator) * 3 - 1.5  # (x, y), a quarter outside
    expected = F.grid_sample(features.permute(0, 3, 1, 2), grid, align_corners=True)
    size = torch.tensor([9.0, 5.0])
    points = ((grid + 1) / 2 * (size - 1)).flip(-1)
    sampled = SAMPLERS[form].features(features, points, free_grid((5, 9), 40))
    assert (sampled - expected[:, :, 0].transpose(1, 2)).abs().max() <= TOLERANCE


@pytest.mark.parametrize("form", SAMPLERS)
@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 40)),
    stride=st.integers(1, 4),
    range_px=st.sampled_from([0.25, 1.0, 2.0, 2.6]),
    reference=st.sampled_from(["corner", "centre"]),
    share=st.integers(1, 2),
    spread=st.sampled_from(["within", "at the bound", "on the grid", "none"]),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_form_equals_grid_sample_on_its_domain(
    *,
    form: str,
    size: tuple[int, int],
    stride: int,
    range_px: float,
    reference: str,
    share: int,
    spread: str,
    seed: int,
) -> None:
    """Any grid that a configuration can make, offsets up to the bound, against double precision."""
    config = DeformableConfig(stride=stride, offset_range_px=range_px, reference=reference)
    grid = point_grid(size, config)
    sampler = SAMPLERS[form]
    if sampler.refusal(grid):
        assert form == "stencil"
        assert not grid.on_pixels
        return
    generator = torch.Generator().manual_seed(seed)
    groups, heads, channels = 2, 2 * share, 4
    count = len(grid.rows) * len(grid.columns)
    offsets = range_px * (2 * torch.rand(2, groups, count, 2, generator=generator) - 1)
    if spread == "at the bound":
        offsets = range_px * offsets.sign()
    elif spread == "on the grid":
        offsets = offsets.trunc()
    elif spread == "none":
        offsets = torch.zeros_like(offsets)
    points = grid.reference() + offsets
    features = torch.randn(2, *size, channels, generator=generator)
    table = torch.randn(heads, 2 * size[0] - 1, 2 * size[1] - 1, generator=generator)
    order = sampler.order(grid)
    definition = SAMPLERS["native"]
    sampled = sampler.features(features, points, grid)
    expected = definition.features(features.double(), points.double(), grid)
    assert (sampled - expected[:, order]).abs().max() <= TOLERANCE
    bias = sampler.position_bias(table, points, grid)
    wanted = definition.position_bias(table.double(), points.double(), grid)
    # A coordinate of 40 to 80 pixels has an ulp of 4e-6 to 8e-6, and neighbours differ by up to 5.
    assert (bias - wanted[..., order]).abs().max() <= TOLERANCE * max(1.0, size[1] / 10)


@pytest.mark.parametrize("form", SAMPLERS)
def test_gradients_equal_the_definition(form: str) -> None:
    generator = torch.Generator().manual_seed(14)
    grid = point_grid((4, 16), DeformableConfig(offset_range_px=2.0))
    features = torch.randn(2, 4, 16, 8, generator=generator).requires_grad_()
    table = torch.randn(4, 7, 31, generator=generator).requires_grad_()
    offsets = 4 * torch.rand(2, 2, 64, 2, generator=generator) - 2
    points = (grid.reference() + offsets).requires_grad_()

    def gradients(name: str) -> list[torch.Tensor]:
        sampler = SAMPLERS[name]
        first = sampler.features(features, points, grid).square().sum()
        second = sampler.position_bias(table, points, grid).square().sum()
        return list(torch.autograd.grad(first + second, [features, table, points]))

    for ours, definition in zip(gradients(form), gradients("native"), strict=True):
        assert (ours - definition).abs().max() <= 1e-4 * definition.abs().max()


def test_outside_the_map_is_zero() -> None:
    features = torch.ones(1, 3, 3, 2)
    points = torch.tensor([[[[-1.0, 1.0], [3.0, 1.0], [1.0, -1.0], [1.0, 99.0], [-0.5, 1.0]]]])
    for form in ANY_POINTS:
        sampled = SAMPLERS[form].features(features, points, free_grid((3, 3), 5))[0, :, 0]
        assert sampled.tolist() == pytest.approx([0.0, 0.0, 0.0, 0.0, 0.5], abs=1e-6)


def test_a_form_says_where_it_does_not_apply() -> None:
    free = free_grid((4, 4), 3)
    coarse = point_grid((8, 8), DeformableConfig(stride=2))
    assert SAMPLERS["stencil"].refusal(free) == "its offsets are not bounded"
    assert SAMPLERS["banded"].refusal(free) == "its offsets are not bounded"
    assert "not the pixels" in SAMPLERS["stencil"].refusal(coarse)
    assert not SAMPLERS["banded"].refusal(coarse)


def test_bands_give_every_block_the_pixels_it_can_reach() -> None:
    cut = bands(tuple(range(64)), 2.0, 16)
    assert (cut.count, cut.size, cut.reach) == (4, 16, 20)
    assert cut.starts == (-2, 14, 30, 46)
    assert bands((3.5,), 0.25, 16).starts == (3,)
    assert bands(tuple(range(7)), 1.0, 4).count == 7  # 7 has no larger divisor up to 4
