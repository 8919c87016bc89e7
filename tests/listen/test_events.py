from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.errors import ConfigError
from datar_edge.listen.events import EventTracker
from datar_edge.listen.messages import EventEnd, EventStart
from datar_edge.runtime.scorer import WindowScores
from datar_edge.runtime.tags import TagChooser


def window(start_s: float, scores: tuple[float, float] | None) -> WindowScores:
    """A window of 2 s of the toy model's first head; None is silence."""
    return WindowScores(
        start_s=start_s,
        end_s=start_s + 2.0,
        padded_s=0.0,
        level_dbfs=-20.0,
        scores=None if scores is None else {"level": np.array(scores, np.float32)},
    )


def follow(toy_session, loud: list[float | None], **options: float) -> list[EventStart | EventEnd]:
    """Events of the label "loud" in windows that start every second."""
    tracker = EventTracker(
        TagChooser(toy_session.card, allow=["loud"]), **{"start_threshold": 0.5, **options}
    )
    events: list[EventStart | EventEnd] = []
    for start_s, score in enumerate(loud):
        events += tracker.update(window(start_s, None if score is None else (score, 0.0)))
    events += tracker.finish()
    return events


def test_overlapping_windows_are_one_event(toy_session) -> None:
    assert follow(toy_session, [0.0, 0.5, 0.75, 0.5, 0.0, 0.0]) == [
        EventStart(id=1, label="loud", start_s=1.5, score=0.5),
        EventEnd(id=1, label="loud", start_s=1.5, end_s=4.5, max_score=0.75),
    ]


def test_an_event_goes_on_above_the_stop_threshold(toy_session) -> None:
    scores = [0.5, 0.3125, 0.28125, 0.5]  # 0.6 of 0.5 is 0.3
    kinds = [type(event) for event in follow(toy_session, scores)]
    assert kinds == [EventStart, EventEnd, EventStart, EventEnd]
    assert len(follow(toy_session, scores, stop_threshold=0.25)) == 2
    assert len(follow(toy_session, scores, stop_threshold=0.5)) == 4


def test_silence_ends_an_event(toy_session) -> None:
    start, end = follow(toy_session, [1.0, None, None])
    assert (start.start_s, end.end_s) == (0, 1.5)


def test_silence_ends_an_event_at_threshold_zero(toy_session) -> None:
    start, end = follow(toy_session, [0.0, None], start_threshold=0.0)
    assert (start.start_s, end.end_s) == (0, 1.5)


def test_the_end_of_the_sound_ends_an_event(toy_session) -> None:
    start, end = follow(toy_session, [0.0, 1.0, 1.0])
    assert (start.start_s, end.start_s, end.end_s) == (1.5, 1.5, 4.0)


def test_labels_are_followed_each_by_itself(toy_session) -> None:
    tracker = EventTracker(TagChooser(toy_session.card), start_threshold=0.5)
    events = [
        *tracker.update(window(0, (0.75, 0.0))),
        *tracker.update(window(1, (0.75, 0.75))),
        *tracker.update(window(2, (0.0, 0.75))),
        *tracker.finish(),
    ]
    assert [(type(e), e.id, e.label) for e in events] == [
        (EventStart, 1, "loud"),
        (EventStart, 2, "low"),
        (EventEnd, 1, "loud"),
        (EventEnd, 2, "low"),
    ]


@given(
    scores=st.lists(
        st.none() | st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), max_size=40
    ),
    start=st.floats(0, 1),
    share=st.floats(0, 1),
)
def test_each_start_has_exactly_one_end(
    make_toy_session, scores: list[tuple[float, float] | None], start: float, share: float
) -> None:
    tracker = EventTracker(
        TagChooser(make_toy_session().card), start_threshold=start, stop_threshold=share * start
    )
    events: list[EventStart | EventEnd] = []
    for start_s, pair in enumerate(scores):
        events += tracker.update(window(start_s, pair))
    events += tracker.finish()

    running: dict[str, EventStart] = {}
    last_end_s: dict[str, float] = {}
    for event in events:
        if isinstance(event, EventStart):
            assert event.label not in running
            assert event.start_s >= last_end_s.get(event.label, 0.0)
            running[event.label] = event
        else:
            begun = running.pop(event.label)
            assert (event.id, event.start_s) == (begun.id, begun.start_s)
            assert event.end_s > event.start_s
            assert event.max_score >= begun.score >= start
            last_end_s[event.label] = event.end_s
    assert not running
    identifiers = [event.id for event in events if isinstance(event, EventStart)]
    assert identifiers == list(range(1, len(identifiers) + 1))


@pytest.mark.parametrize(
    "options",
    [
        {"start_threshold": -0.1},
        {"start_threshold": 1.5},
        {"start_threshold": 0.5, "stop_threshold": 0.6},
        {"start_threshold": 0.5, "stop_threshold": -0.1},
    ],
)
def test_thresholds_out_of_their_range_are_refused(toy_session, options) -> None:
    with pytest.raises(ConfigError):
        EventTracker(TagChooser(toy_session.card), **options)
