"""All forms of φ against `F.grid_sample` and against a literal loop over Eq. (3)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

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
POINTS = ["inside", "outside", "on the grid", "half a pixel out"]
TOLERANCE = 1e-5
"""grid_sample normalises coordinates to [-1, 1] and back, which costs a few ulp of the width."""


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


@pytest.mark.parametrize("form", SAMPLERS)
@pytest.mark.parametrize("kind", POINTS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_features_equal_the_loop(form: str, kind: str, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(11)
    features = torch.randn(shape[0], shape[3], shape[4], shape[5], generator=generator)
    points = make_points(kind, shape, generator)
    expected = torch.from_numpy(loop_features(features.double().numpy(), points.double().numpy()))
    sampled = SAMPLERS[form].features(features, points)
    assert sampled.shape == expected.shape
    assert (sampled - expected).abs().max() <= TOLERANCE


@pytest.mark.parametrize("form", SAMPLERS)
@pytest.mark.parametrize("kind", POINTS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_position_bias_equals_the_loop(form: str, kind: str, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(12)
    size = shape[3:5]
    table = torch.randn(shape[6], 2 * size[0] - 1, 2 * size[1] - 1, generator=generator)
    points = make_points(kind, shape, generator)
    points = points[:, :, :16]  # the loop is slow
    expected = torch.from_numpy(loop_bias(table.double().numpy(), points.double().numpy(), size))
    sampled = SAMPLERS[form].position_bias(table, points, size)
    assert sampled.shape == expected.shape
    assert (sampled - expected).abs().max() <= TOLERANCE


@pytest.mark.parametrize("form", SAMPLERS)
def test_features_equal_grid_sample(form: str) -> None:
    """The definition, in grid_sample's own coordinates with corners aligned, as DAT calls it."""
    generator = torch.Generator().manual_seed(13)
    features = torch.randn(2, 5, 9, 6, generator=generator)
    grid = torch.rand(2, 1, 40, 2, generator=generator) * 3 - 1.5  # (x, y), a quarter outside
    expected = F.grid_sample(features.permute(0, 3, 1, 2), grid, align_corners=True)
    size = torch.tensor([9.0, 5.0])
    points = ((grid + 1) / 2 * (size - 1)).flip(-1)
    sampled = SAMPLERS[form].features(features, points)
    assert (sampled - expected[:, :, 0].transpose(1, 2)).abs().max() <= TOLERANCE


@pytest.mark.parametrize("form", SAMPLERS)
def test_gradients_equal_the_definition(form: str) -> None:
    generator = torch.Generator().manual_seed(14)
    shape = SHAPES["stage"]
    features = torch.randn(2, 4, 16, 8, generator=generator).requires_grad_()
    table = torch.randn(4, 7, 31, generator=generator).requires_grad_()
    points = make_points("outside", shape, generator).requires_grad_()

    def gradients(name: str) -> list[torch.Tensor]:
        sampler = SAMPLERS[name]
        first = sampler.features(features, points).square().sum()
        second = sampler.position_bias(table, points, (4, 16)).square().sum()
        return list(torch.autograd.grad(first + second, [features, table, points]))

    for ours, definition in zip(gradients(form), gradients("native"), strict=True):
        assert (ours - definition).abs().max() <= 1e-4 * definition.abs().max()


def test_outside_the_map_is_zero() -> None:
    features = torch.ones(1, 3, 3, 2)
    points = torch.tensor([[[[-1.0, 1.0], [3.0, 1.0], [1.0, -1.0], [1.0, 99.0], [-0.5, 1.0]]]])
    for sampler in SAMPLERS.values():
        sampled = sampler.features(features, points)[0, :, 0]
        assert sampled.tolist() == pytest.approx([0.0, 0.0, 0.0, 0.0, 0.5], abs=1e-6)
