"""Events: each start has one end, and overlapping windows are one event."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.errors import ConfigError, LabelError
from datar_edge.listen.events import EventEnd, EventStart, EventTracker
from datar_edge.runtime.scorer import WindowScores
from datar_edge.runtime.tags import TagChooser

CARD = ModelCard(preset="x", heads={"class": ("A", "B")}, fbank=FbankConfig())
WINDOW_S, HOP_S = 2.0, 0.5


def windows(scores: list[float | None]) -> list[WindowScores]:
    """Windows of 2 s every 0.5 s with these scores of A; None is silence."""
    return [
        WindowScores(
            start_s=index * HOP_S,
            end_s=index * HOP_S + WINDOW_S,
            padded_s=0.0,
            level_dbfs=-20.0,
            scores=None if a is None else {"class": np.array([a, 0.1], np.float32)},
        )
        for index, a in enumerate(scores)
    ]


def events(scores: list[float | None]) -> list[EventStart | EventEnd]:
    tracker = EventTracker(TagChooser(CARD), start_threshold=0.5, stop_threshold=0.3)
    found = [event for window in windows(scores) for event in tracker.update(window)]
    return found + list(tracker.finish())


def test_overlapping_windows_are_one_event() -> None:
    start, end = events([0.1, 0.6, 0.9, 0.4, 0.1])
    assert isinstance(start, EventStart)
    assert isinstance(end, EventEnd)
    assert (start.id, start.label, start.score) == (1, "A", pytest.approx(0.6))
    assert (end.id, end.max_score) == (1, pytest.approx(0.9))
    # Windows 0 and 1 share 0.5 to 2.0 s, windows 3 and 4 share 2.0 to 3.5 s: the middle of each.
    assert (start.start_s, end.start_s, end.end_s) == (1.25, 1.25, 2.75)


def test_scores_between_the_thresholds_neither_start_nor_stop() -> None:
    assert events([0.4, 0.49, 0.31]) == []
    assert [type(event) for event in events([0.5, 0.31, 0.45, 0.3])] == [EventStart, EventEnd]


def test_silence_ends_an_event() -> None:
    kinds = [type(event) for event in events([0.9, None, 0.9])]
    assert kinds == [EventStart, EventEnd, EventStart, EventEnd]


def test_the_end_of_the_sound_ends_an_event() -> None:
    start, end = events([0.9, 0.9])
    assert (start.start_s, end.end_s) == (0.0, 2.5)


@given(st.lists(st.one_of(st.none(), st.floats(0.0, 1.0)), max_size=40))
def test_each_start_has_exactly_one_end(scores: list[float | None]) -> None:
    running: dict[int, EventStart] = {}
    last_end_s = 0.0
    for event in events(scores):
        if isinstance(event, EventStart):
            assert not running  # one label: one event at a time
            assert event.start_s >= last_end_s
            running[event.id] = event
        else:
            assert running.pop(event.id).start_s == event.start_s <= event.end_s
            last_end_s = event.end_s
    assert not running


def test_thresholds_and_labels_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"stop threshold 0\.6 is above the start threshold 0\.5"):
        EventTracker(TagChooser(CARD), start_threshold=0.5, stop_threshold=0.6)
    with pytest.raises(ConfigError, match=r"threshold is 1\.5"):
        EventTracker(TagChooser(CARD), start_threshold=1.5)
    with pytest.raises(LabelError, match="unknown label 'C'"):
        TagChooser(CARD, allow=["C"])
    with pytest.raises(ConfigError, match="no label is left"):
        TagChooser(CARD, deny=["a", "b"])
