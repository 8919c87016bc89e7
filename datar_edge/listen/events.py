"""Events: a label that is heard from one time to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from datar_edge.errors import ConfigError
from datar_edge.listen.messages import EventEnd, EventStart
from datar_edge.runtime.scorer import WindowScores, change_s
from datar_edge.runtime.tags import TagChooser, checked_threshold

STOP_SHARE = 0.6
"""The stop threshold as a share of the start threshold, unless it is given."""


@dataclass(slots=True)
class _Open:
    id: int
    start_s: float
    max_score: float


class EventTracker:
    """Follows each label through overlapping windows.

    An event starts with a window whose score reaches the start threshold and ends with the first
    one below the stop threshold; silence is below any. Each start has exactly one end, the last
    ones when the sound ends.

    Args:
        chooser: the head and the labels that count.
        start_threshold: score that starts an event.
        stop_threshold: score below which it ends; None for `STOP_SHARE` of the start.

    Raises:
        ConfigError: a threshold is out of its range, or stop is above start.
    """

    def __init__(
        self,
        chooser: TagChooser,
        *,
        start_threshold: float,
        stop_threshold: float | None = None,
    ) -> None:
        self._chooser = chooser
        self._start_threshold = checked_threshold(start_threshold)
        if stop_threshold is None:
            stop_threshold = STOP_SHARE * start_threshold
        self._stop_threshold = checked_threshold(stop_threshold)
        if stop_threshold > start_threshold:
            raise ConfigError(
                f"the stop threshold {stop_threshold:g} is above the start threshold "
                f"{start_threshold:g}",
                fix="Lower the one or raise the other.",
            )
        self._open: dict[str, _Open] = {}
        self._events = 0
        self._last: WindowScores | None = None

    def update(self, window: WindowScores) -> Iterator[EventStart | EventEnd]:
        """What begins and ends with the next window; run the iterator to its end."""
        last = self._last
        ended_s, begun_s = change_s(last, window) if last else (window.start_s, window.start_s)
        self._last = window
        for label, score in self._scores(window).items():
            event = self._open.get(label)
            if event is None and score >= self._start_threshold:
                self._events += 1
                self._open[label] = _Open(self._events, begun_s, score)
                yield EventStart(id=self._events, label=label, start_s=begun_s, score=score)
            elif event is not None and score < self._stop_threshold:
                yield self._close(label, ended_s)
            elif event is not None:
                event.max_score = max(event.max_score, score)

    def finish(self) -> Iterator[EventEnd]:
        """Ends what is still heard, where the last window ends."""
        for label in list(self._open):
            yield self._close(label, self._last.end_s if self._last else 0.0)

    def _scores(self, window: WindowScores) -> dict[str, float]:
        if window.scores is None:
            return dict.fromkeys(self._chooser.labels, -1.0)  # below any threshold, 0 included
        return {
            tag.label: tag.score for tag in self._chooser.all(window.scores[self._chooser.head])
        }

    def _close(self, label: str, end_s: float) -> EventEnd:
        event = self._open.pop(label)
        return EventEnd(
            id=event.id,
            label=label,
            start_s=event.start_s,
            end_s=end_s,
            max_score=event.max_score,
        )
