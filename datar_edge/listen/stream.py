"""Listening: a source, its windows, their scores, and the events in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from datar_edge.errors import DatarEdgeError
from datar_edge.listen.events import EventEnd, EventStart, EventTracker
from datar_edge.listen.source import Source
from datar_edge.runtime.scorer import WindowScorer, WindowScores
from datar_edge.runtime.tags import Tag, TagChooser


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The tags of one window.

    Attributes:
        start_s: start of the window, in seconds from the start of listening.
        end_s: its end.
        tags: best first; empty for silence.
    """

    start_s: float
    end_s: float
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How listening goes.

    Attributes:
        state: what has just begun.
        time_s: when, in seconds from the start of listening.
        dropped_s: seconds of sound that were lost so far.
        windows: windows heard so far.
    """

    state: Literal["listening", "stopped"]
    time_s: float
    dropped_s: float
    windows: int


Message: TypeAlias = Status | Scores | EventStart | EventEnd


def listen(
    source: Source,
    *,
    sample_rate_hz: int,
    scorer: WindowScorer,
    chooser: TagChooser,
    tracker: EventTracker,
) -> Iterator[Message]:
    """Everything there is to say of a source, as it is heard.

    Args:
        source: where the sound comes from; the caller closes it.
        sample_rate_hz: that the model expects.
        scorer: fresh, of that model.
        chooser: which tags `Scores` show.
        tracker: fresh; finds the events.

    Yields:
        `Status` first and last, between them `Scores` of each window and the events that it
        starts and ends. Events that are open at the end are ended, also where the source fails.

    Raises:
        DatarEdgeError: what the source or the model raised, after the last message.
    """
    windows, time_s = 0, 0.0
    yield Status(state="listening", time_s=0.0, dropped_s=source.dropped_s, windows=0)
    failure: DatarEdgeError | None = None
    try:
        for window in scorer.score_all(source.blocks(sample_rate_hz)):
            windows, time_s = windows + 1, window.end_s
            yield _tags_of(window, chooser)
            yield from tracker.update(window)
    except DatarEdgeError as error:
        failure = error
    yield from tracker.finish()
    yield Status(state="stopped", time_s=time_s, dropped_s=source.dropped_s, windows=windows)
    if failure is not None:
        raise failure


def _tags_of(window: WindowScores, chooser: TagChooser) -> Scores:
    tags = chooser.best(window.scores[chooser.head]) if window.scores else ()
    return Scores(start_s=window.start_s, end_s=window.end_s, tags=tags)
