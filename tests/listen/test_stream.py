from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from datar_edge.errors import DeviceError
from datar_edge.listen.events import EventTracker
from datar_edge.listen.messages import EventEnd, EventStart, Message, Scores, Status
from datar_edge.listen.source import FileSource
from datar_edge.listen.stream import listen
from datar_edge.runtime.scorer import WindowScorer
from datar_edge.runtime.tags import TagChooser

RATE_HZ = 8_000


class ArraySource(FileSource):
    """Blocks of an array; fails after them if an error is given."""

    def __init__(self, blocks: list[NDArray[np.float32]], error: Exception | None = None) -> None:
        self.name = "array"
        self._blocks = blocks
        self._error = error

    def blocks(self, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
        assert sample_rate_hz == RATE_HZ
        yield from self._blocks
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        pass


def heard(toy_session, source: ArraySource) -> Iterator[Message]:
    chooser = TagChooser(toy_session.card, allow=["loud"])
    return listen(
        source,
        sample_rate_hz=RATE_HZ,
        scorer=WindowScorer(toy_session, hop_s=0.1),
        chooser=chooser,
        tracker=EventTracker(chooser, start_threshold=0.5),
    )


def square(peak: float, seconds: float = 0.1) -> NDArray[np.float32]:
    return np.resize(np.array([peak, -peak], np.float32), round(seconds * RATE_HZ))


def test_what_is_said_of_a_sound(toy_session) -> None:
    sound = np.concatenate([square(0.25), square(0.75), square(0.0), square(0.875, 0.05)])
    assert [
        message
        for message in heard(toy_session, ArraySource([sound]))
        if not isinstance(message, Scores)
    ] == [
        Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0),
        EventStart(id=1, label="loud", start_s=0.1, score=0.75),
        EventEnd(id=1, label="loud", start_s=0.1, end_s=0.2, max_score=0.75),
        EventStart(id=2, label="loud", start_s=0.3, score=0.875),
        EventEnd(id=2, label="loud", start_s=0.3, end_s=0.35, max_score=0.875),
        Status(state="stopped", time_s=0.35, dropped_s=0.0, windows=4),
    ]


def test_each_window_has_its_scores(toy_session) -> None:
    sound = np.concatenate([square(0.25), square(0.0)])
    scores = [m for m in heard(toy_session, ArraySource([sound])) if isinstance(m, Scores)]
    assert [(each.start_s, each.end_s, len(each.tags)) for each in scores] == [
        (0.0, 0.1, 1),
        (0.1, 0.2, 0),  # silence
    ]
    assert scores[0].tags[0].score == 0.25


def test_messages_come_while_the_source_goes_on(toy_session) -> None:
    messages = heard(toy_session, ArraySource([square(0.75)] * 3, DeviceError("gone")))
    assert [type(next(messages)) for _ in range(3)] == [Status, Scores, EventStart]
    assert len(toy_session.waveforms) == 1


def test_events_end_when_the_source_fails(toy_session) -> None:
    messages = heard(toy_session, ArraySource([square(0.75)], DeviceError("gone")))
    told: list[Message] = []
    with pytest.raises(DeviceError, match="gone"):
        told.extend(messages)
    assert [type(message) for message in told] == [Status, Scores, EventStart, EventEnd, Status]


def test_nothing_is_said_of_no_sound(toy_session) -> None:
    assert [type(message) for message in heard(toy_session, ArraySource([]))] == [Status, Status]
