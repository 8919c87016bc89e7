"""Panels one below the other, all with the same left and right edge, so that times line up."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # matplotlib brings it, so pictures are the same everywhere
    "font.size": 8.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.frameon": False,
    "text.parse_math": False,  # a label or a file's name may hold dollar signs
    "svg.hashsalt": "datar-edge",  # the same picture is the same file
}

WIDTH_IN = 8.6
_LEFT_IN, _RIGHT_IN = 0.85, 1.55
_TOP_IN = 0.12
_TITLE_IN, _LINE_IN = 0.21, 0.145
_BETWEEN_COLUMNS_IN = 0.18
_CAPTION_LETTERS = 142
_INK = "#444444"

Draw = Callable[[Sequence[Axes], Axes], None]
"""Draws on the panel's axes, row by row, and on the strip to the right of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """A part of the picture.

    Attributes:
        title: one line.
        caption: what exactly is shown; it is folded.
        draw: draws it.
        height_in: of each row of axes, in inches; 0 for a panel of words alone.
        columns: axes in a row.
        count: axes in all.
        foot_in: below each row, for what stands under the axes.
        head_in: above the first row, for titles of axes.
    """

    title: str
    caption: str
    draw: Draw
    height_in: float
    columns: int = 1
    count: int = 1
    foot_in: float = 0.42
    head_in: float = 0.0

    @property
    def rows(self) -> int:
        """Rows of axes."""
        return -(-self.count // self.columns)

    @property
    def lines(self) -> list[str]:
        """The caption, folded."""
        return textwrap.wrap(self.caption, _CAPTION_LETTERS, break_on_hyphens=False)


def figure_of(panels: Sequence[Panel], *, worded: bool = True) -> Figure:
    """Draws panels.

    Args:
        panels: from top to bottom.
        worded: write their titles and captions too; False where they stand beside the picture.
    """
    with mpl.rc_context(STYLE):
        height_in = sum(_height_in(panel, worded=worded) for panel in panels)
        figure = Figure(figsize=(WIDTH_IN, height_in), facecolor="white")
        top_in = height_in
        for index, panel in enumerate(panels):
            letter = f"{chr(ord('a') + index)}  " if worded else ""
            _draw(figure, panel, top_in, letter=letter, worded=worded)
            top_in -= _height_in(panel, worded=worded)
    return figure


def _height_in(panel: Panel, *, worded: bool) -> float:
    words_in = _TITLE_IN + _LINE_IN * len(panel.lines) if worded else 0.0
    return _TOP_IN + words_in + panel.head_in + panel.rows * (panel.height_in + panel.foot_in)


def _draw(figure: Figure, panel: Panel, top_in: float, *, letter: str, worded: bool) -> None:
    width_in, height_in = figure.get_size_inches()
    top_in -= _TOP_IN
    if worded:
        x = 0.12 / width_in
        figure.text(x, top_in / height_in, letter + panel.title, weight="bold", size=9.5, va="top")
        top_in -= _TITLE_IN
        caption = "\n".join(panel.lines)
        figure.text(x, top_in / height_in, caption, size=7.2, color=_INK, va="top", linespacing=1.3)
        top_in -= _LINE_IN * len(panel.lines)
    top_in -= panel.head_in
    inner_in = width_in - _LEFT_IN - _RIGHT_IN + _BETWEEN_COLUMNS_IN
    step_in = inner_in / panel.columns

    def place(left_in: float, row: int, wide_in: float) -> Axes:
        bottom_in = top_in - row * (panel.height_in + panel.foot_in) - panel.height_in - 0.06
        return figure.add_axes(
            (
                left_in / width_in,
                bottom_in / height_in,
                wide_in / width_in,
                panel.height_in / height_in,
            )
        )

    axes = [
        place(
            _LEFT_IN + index % panel.columns * step_in,
            index // panel.columns,
            step_in - _BETWEEN_COLUMNS_IN,
        )
        for index in range(panel.count)
    ]
    side = place(width_in - _RIGHT_IN + 0.12, 0, _RIGHT_IN - 0.2)
    side.axis("off")
    panel.draw(axes, side)
