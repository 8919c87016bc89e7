"""Events: a label that is heard from one time to another. `docs/events.md` tells the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.label_events import Ended, LabelEvents, Moment, Started
from datar_edge.listen.messages import EventEnd, EventStart
from datar_edge.runtime.scorer import WindowScores, change_s
from datar_edge.runtime.tags import TagChooser

_SILENCE = 0.0
"""The score of every label in a window that is silence; thresholds are above it."""


class EventTracker:
    """Follows each label through the windows of a sound.

    Each start has exactly one end, the last ones where the sound ends or is lost. Events of one
    label never overlap.

    Args:
        chooser: the head and the labels that count.
        config: what makes an event.
    """

    def __init__(self, chooser: TagChooser, config: EventConfig) -> None:
        self._chooser = chooser
        self._config = config
        self._labels = {label: LabelEvents() for label in chooser.labels}
        self._running: dict[str, int] = {}
        self._events = 0
        self._last: WindowScores | None = None

    def reconfigure(self, config: EventConfig) -> None:
        """Takes another configuration from the next window on; events that run go on."""
        self._config = config

    def update(self, window: WindowScores) -> Iterator[EventStart | EventEnd]:
        """What begins and ends with the next window; run the iterator to its end.

        Args:
            window: its start and its end lie after those of the window before.
        """
        at = self._moment(window)
        if self._last is None:
            self._begin(window.start_s)
        self._last = window
        scores = self._scores(window)
        for label, events in self._labels.items():
            told = events.update(scores.get(label, _SILENCE), at, self._config.of(label))
            yield from self._messages(label, told)

    def finish(self) -> Iterator[EventStart | EventEnd]:
        """Ends what is still heard where the last window's sound ends; what follows is fresh."""
        last, self._last = self._last, None
        if last is None:
            return
        for label, events in self._labels.items():
            told = events.finish(last.end_s, last.end_s + last.padded_s, self._config.of(label))
            yield from self._messages(label, told)

    def gap(self, until_s: float) -> Iterator[EventStart | EventEnd]:
        """Sound was lost from the end of the last window on: ends what is heard.

        Args:
            until_s: when there is sound again; no event starts before.
        """
        yield from self.finish()
        self._begin(until_s)

    def _begin(self, start_s: float) -> None:
        for events in self._labels.values():
            events.earliest_s = max(events.earliest_s, start_s)

    def _moment(self, window: WindowScores) -> Moment:
        last = self._last
        before_until_s, since_s = change_s(last, window) if last else (window.start_s,) * 2
        return Moment(
            elapsed_s=window.start_s - last.start_s if last else 0.0,
            before_until_s=before_until_s,
            since_s=since_s,
            known_s=(window.start_s + window.end_s) / 2.0,
            heard_s=window.end_s,
        )

    def _scores(self, window: WindowScores) -> Mapping[str, float]:
        if window.scores is None:
            return {}
        tags = self._chooser.all(window.scores[self._chooser.head])
        return {tag.label: tag.score for tag in tags}

    def _messages(
        self, label: str, told: Iterable[Started | Ended]
    ) -> Iterator[EventStart | EventEnd]:
        for each in told:
            if isinstance(each, Started):
                self._events += 1
                self._running[label] = self._events
                yield EventStart(
                    id=self._events, label=label, start_s=each.start_s, score=each.score
                )
            else:
                yield EventEnd(
                    id=self._running.pop(label),
                    label=label,
                    start_s=each.start_s,
                    end_s=each.end_s,
                    max_score=each.max_score,
                )


def events_of(
    windows: Iterable[WindowScores], chooser: TagChooser, config: EventConfig
) -> list[EventEnd]:
    """The events of a recording, in the order of their starts.

    Args:
        windows: of the whole recording.
        chooser: the head and the labels that count.
        config: what makes an event.
    """
    tracker = EventTracker(chooser, config)
    messages = [message for window in windows for message in tracker.update(window)]
    messages += tracker.finish()
    ends = [message for message in messages if isinstance(message, EventEnd)]
    return sorted(ends, key=lambda end: (end.start_s, end.id))
