"""The events of one label: when it begins, and when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.smoothing import ExponentialSmoothing

ROUNDING_S = 1e-6
"""Times that differ by less are the same: they are sums of fractions."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a window lies.

    Attributes:
        elapsed_s: seconds from the start of the window before to the start of this.
        before_until_s: until when the scores of the window before hold.
        since_s: since when the scores of this one hold.
        known_s: until when they hold at least: the middle of the window.
        heard_s: end of the window's sound.
    """

    elapsed_s: float
    before_until_s: float
    since_s: float
    known_s: float
    heard_s: float


@dataclass(frozen=True, slots=True)
class Started:
    """An event of the label is known to be one."""

    start_s: float
    score: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The event that started last is over."""

    start_s: float
    end_s: float
    max_score: float


@dataclass(slots=True)
class _Run:
    """The label is heard, be it an event or not yet."""

    begun_s: float
    max_score: float
    confirmed: bool = False
    below_since_s: float | None = None
    started: Started | None = None


@dataclass(slots=True)
class LabelEvents:
    """Follows one label through its scores.

    Attributes:
        earliest_s: no event starts before: the sound's beginning, or the last event's end and
            the cool-down after it.
    """

    earliest_s: float = 0.0
    _smoothing: ExponentialSmoothing = field(default_factory=ExponentialSmoothing)
    _run: _Run | None = None

    def update(self, score: float, at: Moment, config: EventConfig) -> Iterator[Started | Ended]:
        """What the next window tells; run the iterator to its end."""
        smoothed = self._smoothing.next(score, at.elapsed_s, config.smoothing_s)
        if self._run is None:
            self._run = self._begin(smoothed, at, config)
        if (run := self._run) is None:
            return
        run.max_score = max(run.max_score, smoothed)
        if not run.confirmed and not self._confirm(run, smoothed, at, config):
            return
        if smoothed >= config.stop_below:
            run.below_since_s = None
        elif run.below_since_s is None:
            run.below_since_s = at.before_until_s
        yield from self._tell_start(run, at.known_s, config)
        if _is_over(run, at, config):
            yield from self._close(run, at.heard_s, config)

    def finish(
        self, heard_s: float, scored_s: float, config: EventConfig
    ) -> Iterator[Started | Ended]:
        """What is known when the sound ends; run the iterator to its end, the label is then fresh.

        Args:
            heard_s: end of the sound.
            scored_s: end of the last window, the zeros that fill it included.
            config: as for `update`.
        """
        self._smoothing = ExponentialSmoothing()
        if (run := self._run) is None:
            return
        run.confirmed = run.confirmed or _lasts(scored_s - run.begun_s, config.confirmation_s)
        if run.confirmed:
            yield from self._tell_start(run, heard_s, config)
        yield from self._close(run, heard_s, config)

    def _begin(self, smoothed: float, at: Moment, config: EventConfig) -> _Run | None:
        if smoothed < config.start_threshold or at.known_s < self.earliest_s:
            return None
        return _Run(max(at.since_s, self.earliest_s), smoothed)

    def _confirm(self, run: _Run, smoothed: float, at: Moment, config: EventConfig) -> bool:
        goes_on = smoothed >= config.start_threshold
        until_s = at.known_s if goes_on else at.before_until_s
        run.confirmed = _lasts(until_s - run.begun_s, config.confirmation_s)
        if not run.confirmed and not goes_on:
            self._run = None
        return run.confirmed

    def _tell_start(self, run: _Run, known_s: float, config: EventConfig) -> Iterator[Started]:
        until_s = known_s if run.below_since_s is None else run.below_since_s
        if run.started is None and _lasts(until_s - run.begun_s, config.min_duration_s):
            start_s = max(run.begun_s - config.margin_before_s, self.earliest_s)
            run.started = Started(start_s, run.max_score)
            yield run.started

    def _close(self, run: _Run, heard_s: float, config: EventConfig) -> Iterator[Ended]:
        self._run = None
        if run.started is None:
            return
        until_s = heard_s if run.below_since_s is None else run.below_since_s
        end_s = max(min(until_s + config.margin_after_s, heard_s), run.started.start_s)
        self.earliest_s = end_s + config.cooldown_s
        yield Ended(run.started.start_s, end_s, run.max_score)


def _lasts(length_s: float, wanted_s: float) -> bool:
    return length_s >= wanted_s - ROUNDING_S


def _is_over(run: _Run, at: Moment, config: EventConfig) -> bool:
    below_s = run.below_since_s
    return (
        below_s is not None
        and _lasts(at.known_s - below_s, config.release_s)
        and _lasts(at.heard_s - below_s, config.margin_after_s)
    )
