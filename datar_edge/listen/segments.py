"""Windows of a recording as segments: what was heard, from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datar_edge.runtime.scorer import WindowScores, change_s
from datar_edge.runtime.tags import Tag, TagChooser


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a recording and what it holds.

    Attributes:
        start_s: its start.
        end_s: its end.
        tags: best first; empty for silence, and where no score reaches the threshold.
        padded_s: seconds of zeros after the recording's end that filled its last window.
    """

    start_s: float
    end_s: float
    tags: tuple[Tag, ...]
    padded_s: float = 0.0

    @property
    def best(self) -> Tag | None:
        """The tag with the highest score, if there is one."""
        return self.tags[0] if self.tags else None


def window_segments(windows: Iterable[WindowScores], chooser: TagChooser) -> Iterator[Segment]:
    """Each window as a segment of its own."""
    for window in windows:
        tags = chooser.best(window.scores[chooser.head]) if window.scores else ()
        yield Segment(
            start_s=window.start_s, end_s=window.end_s, tags=tags, padded_s=window.padded_s
        )


def merged_segments(windows: Iterable[WindowScores], chooser: TagChooser) -> Iterator[Segment]:
    """Neighbouring windows with the same best label as one segment, with their mean scores.

    Segments do not overlap: where windows do, a segment ends and the next begins in the middle of
    what the two windows share.
    """
    run: _Run | None = None
    for window in windows:
        label = _best_label(window, chooser)
        if run is not None and run.goes_on_with(window, label):
            run.add(window)
            continue
        start_s = window.start_s
        if run is not None:
            end_s, start_s = change_s(run.last, window)
            yield run.segment(end_s)
        run = _Run(window, label=label, start_s=start_s, chooser=chooser)
    if run is not None:
        yield run.segment(run.last.end_s)


def _best_label(window: WindowScores, chooser: TagChooser) -> str | None:
    if window.scores is None:
        return None
    tags = chooser.best(window.scores[chooser.head])
    return tags[0].label if tags else None


class _Run:
    """Windows in a row with the same best label, or with none."""

    def __init__(
        self, first: WindowScores, *, label: str | None, start_s: float, chooser: TagChooser
    ) -> None:
        self.last = first
        self._label = label
        self._start_s = start_s
        self._chooser = chooser
        self._scores: list[NDArray[np.float32]] = []
        self.add(first)

    def goes_on_with(self, window: WindowScores, label: str | None) -> bool:
        return label == self._label and window.start_s <= self.last.end_s

    def add(self, window: WindowScores) -> None:
        self.last = window
        if self._label is not None and window.scores is not None:
            self._scores.append(window.scores[self._chooser.head])

    def segment(self, end_s: float) -> Segment:
        mean = np.mean(self._scores, axis=0) if self._scores else None
        tags = self._chooser.best(mean) if mean is not None else ()
        return Segment(start_s=self._start_s, end_s=end_s, tags=tags, padded_s=self.last.padded_s)
