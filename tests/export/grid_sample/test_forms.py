from __future__ import annotations

import itertools
import math
from typing import Any, get_args

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from datar_edge.export.grid_sample.forms import (
    INTERPOLATIONS,
    PADDINGS,
    RewrittenForm,
    sample_grid,
)

FORMS = get_args(RewrittenForm)
MODES = st.fixed_dictionaries(
    {
        "interpolation": st.sampled_from(sorted(INTERPOLATIONS.values())),
        "padding": st.sampled_from(sorted(PADDINGS.values())),
        "align_corners": st.booleans(),
    }
)
bounded = settings(max_examples=120, deadline=None, derandomize=True)


def definition(maps: torch.Tensor, grid: torch.Tensor, modes: dict[str, Any]) -> torch.Tensor:
    return F.grid_sample(
        maps,
        grid,
        mode=modes["interpolation"],
        padding_mode=modes["padding"],
        align_corners=modes["align_corners"],
    )


def quarters(count: int, size: int, align_corners: bool, random: torch.Generator) -> torch.Tensor:
    """Points on quarters of pixels, as a grid's coordinates: on pixels too, but never between two.

    Halves are left out because there the rounding of the coordinates decides for "nearest".
    """
    pixels = torch.randint(-2 * size - 4, 3 * size + 4, (count,), generator=random).double()
    pixels += torch.tensor([-0.25, 0.0, 0.25])[torch.randint(0, 3, (count,), generator=random)]
    if align_corners:
        points = pixels * 2 / (size - 1) - 1 if size > 1 else pixels * 0.4
    else:
        points = (2 * pixels + 1) / size - 1
    return points.float()


@pytest.mark.parametrize("form", FORMS)
@bounded
@given(
    batch=st.integers(1, 3),
    channels=st.integers(1, 9),
    height=st.integers(1, 11),
    width=st.integers(1, 11),
    down=st.integers(1, 4),
    across=st.integers(1, 5),
    modes=MODES,
    seed=st.integers(0, 2**16),
)
def test_forms_equal_grid_sample_on_and_between_pixels(
    *,
    form: RewrittenForm,
    batch: int,
    channels: int,
    height: int,
    width: int,
    down: int,
    across: int,
    modes: dict[str, Any],
    seed: int,
) -> None:
    random = torch.Generator().manual_seed(seed)
    maps = torch.rand(batch, channels, height, width, generator=random) * 2 - 1
    count = batch * down * across
    sides = [quarters(count, size, modes["align_corners"], random) for size in (width, height)]
    grid = torch.stack(sides, dim=-1).reshape(batch, down, across, 2)
    torch.testing.assert_close(
        sample_grid(maps, grid, form=form, **modes),
        definition(maps, grid, modes),
        atol=1e-5,
        rtol=0,
    )


@pytest.mark.parametrize("form", FORMS)
@bounded
@given(
    height=st.integers(1, 17),
    width=st.integers(1, 17),
    reach=st.sampled_from([0.9, 1.2, 3.0, 20.0]),
    padding=st.sampled_from(sorted(PADDINGS.values())),
    align_corners=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_bilinear_forms_equal_grid_sample_anywhere(
    *,
    form: RewrittenForm,
    height: int,
    width: int,
    reach: float,
    padding: str,
    align_corners: bool,
    seed: int,
) -> None:
    random = torch.Generator().manual_seed(seed)
    maps = torch.rand(2, 3, height, width, generator=random) * 2 - 1
    grid = (torch.rand(2, 5, 6, 2, generator=random) * 2 - 1) * reach
    modes = {"interpolation": "bilinear", "padding": padding, "align_corners": align_corners}
    # A point at 20 times the map has that much fewer digits left for its place in a pixel.
    atol = 1e-5 * max(1.0, reach / 2)
    torch.testing.assert_close(
        sample_grid(maps, grid, form=form, **modes),
        definition(maps, grid, modes),
        atol=atol,
        rtol=0,
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("padding", list(PADDINGS.values()))
def test_nearest_takes_the_even_one_of_two_equally_near(form: RewrittenForm, padding: str) -> None:
    maps = torch.randn(1, 2, 1, 8)
    halves = torch.arange(-4, 12) + 0.5
    x = (2 * halves + 1) / 8 - 1  # exact in float32
    grid = torch.stack((x, torch.zeros_like(x)), dim=-1)[None, None]
    modes = {"interpolation": "nearest", "padding": padding, "align_corners": False}
    sampled = sample_grid(maps, grid, form=form, **modes)
    assert torch.equal(sampled, definition(maps, grid, modes))
    if padding == "zeros":
        assert torch.equal(sampled[0, :, 0, 4], maps[0, :, 0, 0])  # 0.5 is 0, not 1
        assert torch.equal(sampled[0, :, 0, 5], maps[0, :, 0, 2])  # 1.5 is 2


@pytest.mark.parametrize(
    ("form", "interpolation", "padding", "align_corners"),
    list(itertools.product(FORMS, INTERPOLATIONS.values(), PADDINGS.values(), [False, True])),
)
def test_points_at_infinity_give_no_nan(
    form: RewrittenForm, interpolation: str, padding: str, align_corners: bool
) -> None:
    maps = torch.rand(1, 3, 5, 7) + 1.0
    far = torch.tensor([math.inf, -math.inf, 1e30, -1e30, 0.1])
    grid = torch.stack(torch.meshgrid(far, far, indexing="ij"), dim=-1)[None]
    modes = {"interpolation": interpolation, "padding": padding, "align_corners": align_corners}
    sampled = sample_grid(maps, grid, form=form, **modes)
    assert sampled.isfinite().all()
    if padding == "reflection":  # which pixel it is, the digits of such a number do not tell
        assert (sampled >= 1.0 - 1e-5).all()
    else:  # F.grid_sample itself gives NaN beside zeros, where there is nothing
        wanted = definition(maps, grid, modes).nan_to_num(0.0)
        torch.testing.assert_close(sampled, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_are_those_of_grid_sample(form: RewrittenForm) -> None:
    modes = {"interpolation": "bilinear", "padding": "zeros", "align_corners": False}
    gradients = []
    for function in (lambda *args: sample_grid(*args, form=form, **modes), definition):
        torch.manual_seed(1)
        maps = torch.randn(2, 3, 6, 5, requires_grad=True)
        grid = (torch.randn(2, 4, 3, 2) * 0.5).requires_grad_()
        arguments = (maps, grid) if function is not definition else (maps, grid, modes)
        function(*arguments).square().sum().backward()
        gradients.append((maps.grad, grid.grad))
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_types_of_float_are_kept(form: RewrittenForm, dtype: torch.dtype) -> None:
    maps = torch.rand(1, 2, 60, 70, dtype=dtype)  # more pixels than a half float can count
    grid = torch.randn(1, 4, 5, 2, dtype=dtype)
    sampled = sample_grid(maps, grid, form=form)
    assert sampled.dtype == dtype
    wanted = F.grid_sample(maps.double(), grid.double(), align_corners=False)
    atol = 1e-5 if dtype == torch.float64 else 1e-2
    torch.testing.assert_close(sampled.double(), wanted, atol=atol, rtol=0)
