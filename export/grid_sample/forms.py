"""`F.grid_sample` computed with the operators that runtimes have, in each of its modes.

B: batch, C: channels, H and W: the map, I and J: the grid, N = I * J points.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from datar_edge.models.bilinear import dense_at, gather_at, gather_nearest_at

RewrittenForm: TypeAlias = Literal["gather", "dense"]

INTERPOLATIONS = {0: "bilinear", 1: "nearest"}
"""The modes with a form, by the number that `aten.grid_sampler` gives them; 2 is bicubic."""

PADDINGS = {0: "zeros", 1: "border", 2: "reflection"}
"""What lies outside the map, by the number that `aten.grid_sampler` gives it."""

_FAR = 2.0**22
"""Pixels beyond which float32 has no fractions to reflect; it keeps infinite points finite."""

_SHORT = (torch.float16, torch.bfloat16)
"""Types that cannot number the pixels of a map; they are sampled in float32."""


def sample_grid(
    maps: Tensor,
    grid: Tensor,
    *,
    form: RewrittenForm,
    interpolation: str = "bilinear",
    padding: str = "zeros",
    align_corners: bool = False,
) -> Tensor:
    """Equals `F.grid_sample(maps, grid, interpolation, padding, align_corners)`.

    Args:
        maps: `[B, C, H, W]`, finite.
        grid: `[B, I, J, 2]`, points `(x, y)`, -1 to 1 being the map; infinite ones are outside,
            NaN is not allowed.
        form: "gather" looks neighbours up by index, "dense" multiplies by a matrix of weights.
        interpolation: "bilinear" or "nearest".
        padding: "zeros", "border" or "reflection".
        align_corners: whether -1 and 1 are the centres of the outermost pixels or their edges.

    Returns:
        `[B, C, I, J]`.
    """
    if maps.dtype in _SHORT:
        long = sample_grid(
            maps.float(),
            grid.float(),
            form=form,
            interpolation=interpolation,
            padding=padding,
            align_corners=align_corners,
        )
        return long.to(maps.dtype)
    batch, channels, height, width = maps.shape
    _, down, across, _ = grid.shape
    points = grid.reshape(batch, down * across, 2)
    x = _pixels(points[..., 0], width, padding=padding, align_corners=align_corners)
    y = _pixels(points[..., 1], height, padding=padding, align_corners=align_corners)
    rows = maps.reshape(batch, channels, height * width).transpose(1, 2)
    inside = padding != "zeros"
    if interpolation == "nearest":
        y, x = y.round(), x.round()  # half to even, as F.grid_sample rounds
    if form == "dense":
        sampled = dense_at(rows, y, x, (height, width))
    elif interpolation == "nearest":
        sampled = gather_nearest_at(rows, y, x, (height, width), inside=inside)
    else:
        sampled = gather_at(rows, y, x, (height, width), inside=inside)
    return sampled.transpose(1, 2).reshape(batch, channels, down, across)


def _pixels(points: Tensor, size: int, *, padding: str, align_corners: bool) -> Tensor:
    """Points of -1 to 1 in pixels of an axis, brought onto the map as the padding says.

    With zeros they are brought within one pixel of the map, where all that lies farther is zero
    too, so that infinite points give no NaN.
    """
    if align_corners:
        pixels = (points + 1.0) * ((size - 1) / 2)
    else:
        pixels = (points + 1.0) * (size / 2) - 0.5
    if padding == "zeros":
        return pixels.clamp(-1.0, 1.0 * size)  # torch.onnx refuses bounds of two types
    if padding == "reflection":
        pixels = _reflected(pixels, size, align_corners=align_corners)
    return pixels.clamp(0.0, size - 1.0)


def _reflected(pixels: Tensor, size: int, *, align_corners: bool) -> Tensor:
    """Points mirrored at the outermost pixels' centres, or at their edges, until they are inside.

    The mirrored axis is a wave of the period 2 * span; the outermost half pixels are clamped by
    the caller.
    """
    low, span = (0.0, size - 1.0) if align_corners else (-0.5, 1.0 * size)
    if align_corners and size == 1:
        return torch.zeros_like(pixels)
    distance = (pixels - low).abs().clamp(max=_FAR)
    phase = distance - (distance * (0.5 / span)).floor() * (2.0 * span)
    return span - (phase - span).abs() + low
