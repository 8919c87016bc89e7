"""Scores over time, of one model or of two."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from datar_edge.explain.explanation import Explanation
from datar_edge.explain.panels import Panel
from datar_edge.report.svg import COLOURS
from datar_edge.runtime.scorer import WindowScores, change_s

Array = NDArray[np.floating[Any]]

INK = "#333333"
_SHADE = "#E6E6E6"
_THRESHOLD = "#777777"
_MOST_LABELS = 5
_SHORTEST_S = 0.05


def scores_panel(explanation: Explanation) -> Panel:
    """The scores of the best labels over time, with the thresholds of events."""
    colours = colours_of(explanation)
    compared = explanation.comparison

    def draw(axes: Sequence[Axes], side: Axes) -> None:
        [ax] = axes
        for model, scores in enumerate(explanation.sound.scores):
            for label, colour in colours.items():
                seconds, values = held_scores(scores, explanation.head, _index(explanation, label))
                ax.plot(seconds, values, color=colour, **_line(model))
        _thresholds(ax, explanation)
        ax.set_ylim(-0.03, 1.03)
        ax.set_ylabel("score")
        time_axis(ax, explanation)
        _legend(side, explanation, colours)

    beside = f" Solid: float; dots: {compared.file}, {compared.quantize}." if compared else ""
    return Panel(
        title="Scores over time",
        caption=f"The {len(colours)} labels of {len(explanation.labels)} with the highest scores. "
        "The score of a window holds from the middle of what it shares with the window before to "
        f"the middle of what it shares with the next. Silence has no score.{beside}",
        draw=draw,
        height_in=1.25,
    )


def colours_of(explanation: Explanation) -> Mapping[str, str]:
    """The labels whose scores are drawn, best first, each with its colour."""
    highest = np.zeros(len(explanation.labels))
    for scores in explanation.sound.scores:
        for window in scores:
            if window.scores is not None:
                highest = np.maximum(highest, window.scores[explanation.head])
    best = (-highest).argsort(kind="stable")[:_MOST_LABELS]
    return {explanation.labels[index]: colour for index, colour in zip(best, COLOURS, strict=False)}


def held_spans(windows: Sequence[WindowScores]) -> list[tuple[float, float]]:
    """From when to when the score of each window holds, in seconds; spans never overlap."""
    changes = [change_s(earlier, later) for earlier, later in itertools.pairwise(windows)]
    starts = [*(each.start_s for each in windows[:1]), *(start_s for _, start_s in changes)]
    ends = [*(end_s for end_s, _ in changes), *(each.end_s for each in windows[-1:])]
    return list(zip(starts, ends, strict=True))


def held_scores(windows: Sequence[WindowScores], head: str, label: int) -> tuple[Array, Array]:
    """The score of a label as a line of steps; NaN parts it where there is no score.

    Args:
        windows: of the whole sound.
        head: the label's head.
        label: its number.

    Returns:
        Seconds and scores of the line's corners.
    """
    corners: list[tuple[float, float]] = []
    for window, (start_s, end_s) in zip(windows, held_spans(windows), strict=True):
        score = math.nan if window.scores is None else float(window.scores[head][label])
        if corners and start_s > corners[-1][0]:
            corners.append((start_s, math.nan))
        corners += [(start_s, score), (end_s, score)]
    seconds, scores = np.array(corners).reshape(-1, 2).T
    return seconds, scores


def time_axis(ax: Axes, explanation: Explanation) -> None:
    """Seconds of the whole sound, with the window that is looked into shaded."""
    start_s, end_s = explanation.shown_s
    ax.axvspan(start_s, end_s, color=_SHADE, zorder=0, linewidth=0)
    ax.set_xlim(0.0, max(explanation.sound.duration_s, _SHORTEST_S))
    ax.set_xlabel("time in the sound, s", labelpad=1)


def shortened(label: str, most: int = 14) -> str:
    """A label that fits beside a panel."""
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _index(explanation: Explanation, label: str) -> int:
    return explanation.labels.index(label)


def _line(model: int) -> dict[str, Any]:
    """The float model's scores, or the exported file's: dots that leave the line beneath seen."""
    if model == 0:
        return {"linewidth": 1.4}
    return {"linewidth": 2.0, "linestyle": (0, (0.1, 2.2)), "dash_capstyle": "round"}


def _thresholds(ax: Axes, explanation: Explanation) -> None:
    config = explanation.event_config
    kinds = [(config, _THRESHOLD)]
    kinds += [
        (config.of(label), colour)
        for label, colour in colours_of(explanation).items()
        if label in config.labels
    ]
    for each, colour in kinds:
        ax.axhline(each.start_threshold, color=colour, linewidth=0.8, linestyle=(0, (6, 2)))
        ax.axhline(each.stop_below, color=colour, linewidth=0.8, linestyle=(0, (2, 2)))


def _legend(side: Axes, explanation: Explanation, colours: Mapping[str, str]) -> None:
    config = explanation.event_config
    handles = [
        Line2D([], [], color=colour, linewidth=1.4, label=shortened(label, 19))
        for label, colour in colours.items()
    ]
    for text, dashes in (
        (f"starts an event, {config.start_threshold:g}", (6, 2)),
        (f"ends it, {config.stop_below:g}", (2, 2)),
    ):
        handles.append(
            Line2D([], [], color=_THRESHOLD, linewidth=0.8, linestyle=(0, dashes), label=text)
        )
    side.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.08, 1.08),
        fontsize=7,
        handlelength=1.6,
        labelspacing=0.3,
        borderaxespad=0.0,
    )
