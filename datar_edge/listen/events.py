"""Scores of windows become events with a start and an end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datar_edge.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class EventConfig:
    """When a label counts as heard.

    Attributes:
        start_threshold: score from which an event starts, 0 to 1.
        stop_threshold: score below which it stops; lower, so that it does not flicker.
    """

    start_threshold: float = 0.5
    stop_threshold: float = 0.3

    def __post_init__(self) -> None:
        if not 0.0 <= self.stop_threshold <= self.start_threshold <= 1.0:
            raise ConfigError(
                f"thresholds are start {self.start_threshold!r}, stop {self.stop_threshold!r}",
                fix="Allowed: 0 <= stop <= start <= 1.",
            )

    @classmethod
    def from_threshold(cls, start: float) -> EventConfig:
        """A stop threshold of three fifths of the start's.

        Raises:
            ConfigError: `start` is not from 0 to 1.
        """
        return cls(start_threshold=start, stop_threshold=0.6 * start)


@dataclass(frozen=True, kw_only=True, slots=True)
class EventStart:
    """A label begins to be heard.

    Attributes:
        id: counts the events of a stream from 1.
        label: what.
        start_s: start of the first window that heard it, in seconds of the stream.
        score: in that window.
    """

    id: int
    label: str
    start_s: float
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EventEnd:
    """A label is no longer heard; each `EventStart` has exactly one.

    Attributes:
        id: that of the start.
        label: what.
        start_s: when it started.
        end_s: end of the last window that heard it.
        max_score: the highest score in between.
    """

    id: int
    label: str
    start_s: float
    end_s: float
    max_score: float


@dataclass(slots=True)
class _Running:
    id: int
    start_s: float
    end_s: float
    max_score: float


Event = EventStart | EventEnd


class EventTracker:
    """Merges the scores of overlapping windows into events, one at a time for each label.

    Args:
        config: the thresholds.
    """

    def __init__(self, config: EventConfig) -> None:
        self._config = config
        self._running: dict[str, _Running] = {}
        self._count = 0

    def update(
        self, scores: Mapping[str, float], *, start_s: float, end_s: float
    ) -> Iterator[Event]:
        """Takes the scores of the next window.

        Args:
            scores: by label; labels left out, as all are in silence, score 0.
            start_s: start of the window.
            end_s: its end; not beyond the end of the sound.
        """
        for label in list(self._running):
            if scores.get(label, 0.0) < self._config.stop_threshold:
                yield self._end(label)
        for label, score in scores.items():
            running = self._running.get(label)
            if running is not None:
                running.end_s = end_s
                running.max_score = max(running.max_score, score)
            elif math.isfinite(score) and score >= self._config.start_threshold:
                self._count += 1
                self._running[label] = _Running(self._count, start_s, end_s, score)
                yield EventStart(id=self._count, label=label, start_s=start_s, score=score)

    def finish(self) -> Iterator[EventEnd]:
        """Ends all that is running, at the end of the stream or when sound was lost."""
        for label in list(self._running):
            yield self._end(label)

    def _end(self, label: str) -> EventEnd:
        running = self._running.pop(label)
        return EventEnd(
            id=running.id,
            label=label,
            start_s=running.start_s,
            end_s=running.end_s,
            max_score=running.max_score,
        )
