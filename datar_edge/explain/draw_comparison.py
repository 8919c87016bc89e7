"""An exported file beside the float model: where their scores part, and in which layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from datar_edge.explain.captured import Array
from datar_edge.explain.departure import Departure
from datar_edge.explain.draw_window import colour_bar
from datar_edge.explain.explanation import Comparison, Explanation
from datar_edge.explain.panels import Panel
from datar_edge.explain.scores import INK, held_spans, shortened, time_axis

if TYPE_CHECKING:
    from datar_edge.report.layers import LayerReport

_MOST_LABELS = 12
_BLUE, _VERMILION = "#0072B2", "#D55E00"
_MOST_DB = 160.0
"""Where a layer is drawn whose output is the same to the last digit."""


def differences_panel(
    explanation: Explanation, compared: Comparison, departure: Departure
) -> Panel:
    """The differences of all windows and of the labels that part most."""
    largest = np.nanmax(np.abs(departure.differences), axis=0)
    shown = sorted((-largest).argsort(kind="stable")[:_MOST_LABELS])
    limit = abs(departure.largest) or 1e-9
    window = explanation.sound.scores[0][departure.window]

    def draw(axes: Sequence[Axes], side: Axes) -> None:
        [ax] = axes
        edges_s, columns = _columns(explanation, departure.differences[:, shown])
        rows = np.arange(len(shown) + 1) - 0.5
        image = ax.pcolormesh(
            edges_s, rows, columns.T, cmap="PuOr_r", vmin=-limit, vmax=limit, rasterized=True
        )
        ax.set_yticks(range(len(shown)), [shortened(explanation.labels[index]) for index in shown])
        ax.invert_yaxis()
        start_s, end_s = held_spans(explanation.sound.scores[0])[departure.window]
        corner = (start_s, shown.index(departure.label) - 0.5)
        ax.add_patch(Rectangle(corner, end_s - start_s, 1.0, fill=False, ec=INK, lw=1.4))
        time_axis(ax, explanation)
        colour_bar(side, image, "file minus float")

    return Panel(
        title=f"What {compared.file} gives, minus the float model",
        caption=f"They part most (frame) in the window from {window.start_s:.2f} to "
        f"{window.end_s:.2f} s, at {explanation.labels[departure.label]}: float "
        f"{departure.float_score:.4f}, file {departure.file_score:.4f}. The best label is the same "
        f"in {departure.same_best:.1%} of the windows. Colours span the largest difference, "
        f"{limit:.2g}.",
        draw=draw,
        height_in=0.15 * len(shown),
    )


def layers_panel(compared: Comparison, report: LayerReport) -> Panel:
    """How far each layer of the file is from the float model's."""
    sqnr_db = [min(max(each.sqnr_db, 0.0), _MOST_DB) for each in report.layers]
    colours = [_VERMILION if each.sqnr_db < report.bound_db else _BLUE for each in report.layers]
    names = [each.layer.removeprefix("model.") for each in report.layers]

    def draw(axes: Sequence[Axes], side: Axes) -> None:
        [ax] = axes
        places = range(len(names))
        ax.vlines(places, 0.0, sqnr_db, colors=colours, linewidth=1.0)
        ax.scatter(places, sqnr_db, c=colours, s=14, zorder=3, clip_on=False)
        ax.axhline(report.bound_db, color=INK, linewidth=0.8, linestyle=(0, (6, 2)))
        ax.set_xticks(places, names, rotation=90, size=6)
        ax.set_xlim(-0.7, len(names) - 0.3)
        ax.set_ylim(0.0, None)
        ax.set_ylabel("SQNR, dB")
        height = report.bound_db / ax.get_ylim()[1]
        side.text(0.0, height, f"bound, {report.bound_db:g} dB", size=7, va="center", color=INK)

    return Panel(
        title=f"{compared.file} against the float model, layer by layer",
        caption=_told_layers(report),
        draw=draw,
        height_in=1.1,
        foot_in=1.15,
    )


def _told_layers(report: LayerReport) -> str:
    first = "none is below the bound"
    if report.first is not None:
        first = f"the first below the bound is {report.first.removeprefix('model.')}"
    probe = "" if report.probe_is_file else ", so that it is not quite the file"
    return (
        "In the order that they run in, on the window in which scores part most: power of the "
        f"float layer's output over that of the difference; {first}. A file shows its scores "
        "only: this is a probe, the checkpoint exported the same way once more with its layers as "
        f"outputs. Its scores differ from the file's by {report.probe_score_diff:.1e} at "
        f"most{probe}."
    )


def _columns(explanation: Explanation, differences: Array) -> tuple[Array, Array]:
    """Edges of columns in seconds, and the columns; NaN between windows that do not meet."""
    edges_s: list[float] = []
    columns: list[Array] = []
    for (start_s, end_s), column in zip(
        held_spans(explanation.sound.scores[0]), differences, strict=True
    ):
        if edges_s and start_s > edges_s[-1]:
            columns.append(np.full_like(column, np.nan))
            edges_s.append(start_s)
        edges_s += [start_s, end_s] if not edges_s else [end_s]
        columns.append(column)
    return np.array(edges_s), np.array(columns)
