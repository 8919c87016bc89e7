"""Listening: a source, its windows, their scores, and the events in them."""

from __future__ import annotations

from collections.abc import Iterator

from datar_edge.errors import DatarEdgeError
from datar_edge.listen.events import EventTracker
from datar_edge.listen.messages import Message, Scores, Status
from datar_edge.listen.source import Source
from datar_edge.runtime.scorer import WindowScorer, WindowScores
from datar_edge.runtime.tags import TagChooser


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
