"""Where deformable attention samples, and how much it looks there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from datar_edge.explain.captured import Array, AttentionLayer
from datar_edge.explain.draw_window import (
    colour_bar,
    places_of,
    show_log_mel,
    view_of,
    window_axes,
)
from datar_edge.explain.explanation import Explanation
from datar_edge.explain.panels import Panel

_MOST_COLUMNS = 3
_FULL = 4.0
"""Times its even share from which a point is drawn in the last colour."""
_EVEN_AREA = 16.0
"""Area of a point with its even share, in square points."""
_MOST_AREA = 110.0
_LINE = "#555555"
_BACKGROUND = mpl.colormaps["Greys"].resampled(16)
"""Few shades, light: what is drawn on it is to be read, and the file stays small."""


def attention_panel(explanation: Explanation, layer: AttentionLayer, *, first: bool) -> Panel:
    """The points of a layer, a group of heads beside the other.

    Args:
        explanation: what is shown.
        layer: the deformable attention.
        first: of its kind in the picture, so that its caption tells how to read it.
    """
    weights = layer.mean_weights() * layer.weights.shape[-1]

    def draw(axes: Sequence[Axes], side: Axes) -> None:
        for group, ax in enumerate(axes):
            show_log_mel(ax, explanation, colours=_BACKGROUND, vmax=80.0)
            window_axes(ax, explanation)
            points = _points(ax, explanation, layer, group, weights[group])
            ax.set_ylim(*view_of(explanation, [layer])[:, 1])
            if layer.groups > 1:
                ax.set_title(f"group {group + 1}: {_heads(layer, group)}", pad=2, size=7)
            if group % _MOST_COLUMNS:
                ax.set_ylabel("")
                ax.tick_params(labelleft=False)
        colour_bar(side, points, "attention ÷ even share", extend="max")

    return Panel(
        title=f"Attention of stage {layer.stage}, block {layer.block}",
        caption=_told(explanation, layer) + (_HOW_TO_READ if first else ""),
        draw=draw,
        height_in=1.55,
        columns=min(layer.groups, _MOST_COLUMNS),
        count=layer.groups,
        head_in=0.12 if layer.groups > 1 else 0.0,
    )


_HOW_TO_READ = (
    " A disc is where keys and values are sampled; a line leads there from its point of the "
    "regular grid. Area and colour are its attention weight, averaged over all queries and over "
    "the heads of its group, divided by the even share, 1 ÷ points. Dotted: from the middle of the "
    "map's first pixel to the middle of its last; beyond, what is sampled fades to zero within a "
    "pixel. A hollow disc samples nothing but zeros."
)


def _told(explanation: Explanation, layer: AttentionLayer) -> str:
    height, width = layer.map_size
    heads = len(layer.weights)
    shift_y, shift_x = layer.mean_shift_px()
    step_ms = 1000.0 * layer.scale.step * explanation.axes.frame_s
    return (
        f"A map of {height} × {width} pixels, each {layer.scale.step:g} filters by {step_ms:g} ms; "
        f"{len(layer.reference_px)} points in {_counted(layer.groups, 'group')} for "
        f"{_counted(heads, 'head')}, {height * width} queries. Points are moved by "
        f"{shift_y * layer.scale.step:.0f} filters and {shift_x * step_ms:.0f} ms on average."
    )


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _heads(layer: AttentionLayer, group: int) -> str:
    first, last = group * layer.heads_per_group + 1, (group + 1) * layer.heads_per_group
    return f"head {first}" if first == last else f"heads {first} to {last}"


def _points(
    ax: Axes, explanation: Explanation, layer: AttentionLayer, group: int, weights: Array
) -> Any:
    """Discs at the points, the heaviest on top; gives them, for their colours."""
    to = places_of(explanation, layer, layer.points_px[group])
    start = places_of(explanation, layer, layer.reference_px)
    ax.add_collection(
        LineCollection(list(np.stack([start, to], axis=1)), colors=_LINE, linewidths=0.4)
    )
    ax.scatter(start[:, 0], start[:, 1], s=2.0, c=_LINE, linewidths=0.0)
    _frame(ax, explanation, layer)
    area = np.minimum(weights * _EVEN_AREA, _MOST_AREA)
    order = np.argsort(weights)
    drawn = ax.scatter(
        to[order, 0],
        to[order, 1],
        s=area[order],
        c=weights[order],
        cmap="viridis_r",
        vmin=0.0,
        vmax=_FULL,
        linewidths=0.4,
        edgecolors=_LINE,
        zorder=3,
    )
    blind = ~layer.sees()[group]
    ax.scatter(to[blind, 0], to[blind, 1], s=0.4 * area[blind], c="white", linewidths=0.0, zorder=4)
    return drawn


def _frame(ax: Axes, explanation: Explanation, layer: AttentionLayer) -> None:
    edge = np.array(layer.map_size) - 1.0
    first, last = places_of(explanation, layer, np.stack([0.0 * edge, edge]))
    ax.add_patch(Rectangle(tuple(first), *(last - first), fill=False, ec=_LINE, lw=0.6, ls=":"))
