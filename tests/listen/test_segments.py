from __future__ import annotations

import numpy as np
import pytest

from datar_edge.listen.segments import Segment, merged_segments, window_segments
from datar_edge.runtime.scorer import WindowScores
from datar_edge.runtime.tags import Tag, TagChooser


def window(
    start_s: float, loud: float | None, *, length_s: float = 2.0, padded_s: float = 0.0
) -> WindowScores:
    """A window of the toy model's first head; None is silence."""
    scores = None if loud is None else {"level": np.array([loud, 1.0 - loud], np.float32)}
    return WindowScores(
        start_s=start_s,
        end_s=start_s + length_s - padded_s,
        padded_s=padded_s,
        level_dbfs=-20.0,
        scores=scores,
    )


@pytest.fixture
def chooser(toy_session) -> TagChooser:
    return TagChooser(toy_session.card)


def spans(segments) -> list[tuple[float, float, str | None]]:
    return [(s.start_s, s.end_s, s.best.label if s.best else None) for s in segments]


def test_windows_with_the_same_label_are_one_segment(chooser: TagChooser) -> None:
    segments = list(merged_segments([window(0, 0.75), window(1, 1.0), window(2, 0.5)], chooser))
    assert segments == [
        Segment(start_s=0, end_s=4, tags=(Tag("loud", 0.75), Tag("low", 0.25))),
    ]


def test_overlapping_windows_change_in_the_middle_of_what_they_share(chooser: TagChooser) -> None:
    windows = [window(0, 0.9), window(1, 0.9), window(2, 0.1), window(3, None), window(4, 0.9)]
    assert spans(merged_segments(windows, chooser)) == [
        (0, 2.5, "loud"),
        (2.5, 3.5, "low"),
        (3.5, 4.5, None),
        (4.5, 6, "loud"),
    ]


def test_windows_back_to_back_change_where_they_meet(chooser: TagChooser) -> None:
    windows = [window(0, 0.9), window(2, 0.1), window(4, 0.1)]
    assert spans(merged_segments(windows, chooser)) == [(0, 2, "loud"), (2, 6, "low")]


def test_a_gap_is_not_bridged(chooser: TagChooser) -> None:
    windows = [window(0, 0.9), window(5, 0.9)]
    assert spans(merged_segments(windows, chooser)) == [(0, 2, "loud"), (5, 7, "loud")]


def test_segments_end_where_the_sound_does(chooser: TagChooser) -> None:
    windows = [window(0, 0.9), window(1, 0.9, padded_s=0.5)]
    (segment,) = merged_segments(windows, chooser)
    assert (segment.end_s, segment.padded_s) == (2.5, 0.5)


def test_a_score_below_the_threshold_is_no_tag(toy_session) -> None:
    chooser = TagChooser(toy_session.card, threshold=0.7)
    windows = [window(0, 0.9), window(1, 0.6), window(2, None), window(3, 0.75)]
    segments = list(merged_segments(windows, chooser))
    assert spans(segments) == [(0, 1.5, "loud"), (1.5, 3.5, None), (3.5, 5, "loud")]
    assert [len(each.tags) for each in segments] == [1, 0, 1]


def test_no_windows_are_no_segments(chooser: TagChooser) -> None:
    assert list(merged_segments([], chooser)) == []
    assert list(window_segments([], chooser)) == []


def test_windows_by_themselves_keep_their_times(chooser: TagChooser) -> None:
    windows = [window(0, 0.75), window(1, None), window(2, 0.75, padded_s=1.0)]
    tags = (Tag("loud", 0.75), Tag("low", 0.25))
    assert list(window_segments(windows, chooser)) == [
        Segment(start_s=0, end_s=2, tags=tags),
        Segment(start_s=1, end_s=3, tags=()),
        Segment(start_s=2, end_s=3, tags=tags, padded_s=1.0),
    ]
