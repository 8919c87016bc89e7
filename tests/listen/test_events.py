"""The rules of docs/events.md, one by one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.events import EventTracker, events_of
from datar_edge.listen.messages import EventEnd, EventStart
from datar_edge.runtime.scorer import WindowScores
from datar_edge.runtime.tags import TagChooser

HALF = EventConfig(start_threshold=0.5)


def window(start_s: float, scores: tuple[float, float] | None) -> WindowScores:
    """A window of 2 s of the toy model's first head; None is silence."""
    return WindowScores(
        start_s=start_s,
        end_s=start_s + 2.0,
        padded_s=0.0,
        level_dbfs=-20.0,
        scores=None if scores is None else {"level": np.array(scores, np.float32)},
    )


@pytest.fixture
def chooser(toy_session) -> TagChooser:
    return TagChooser(toy_session.card, allow=["loud"])


def follow(
    chooser: TagChooser, config: EventConfig, loud: list[float | None], *, hop_s: float = 1.0
) -> list[EventStart | EventEnd]:
    """Events of the label "loud" in windows that start every `hop_s`."""
    tracker = EventTracker(chooser, config)
    events = [message for step in _told(tracker, loud, hop_s) for message in step]
    return [*events, *tracker.finish()]


def _told(tracker: EventTracker, loud: list[float | None], hop_s: float):
    return [
        list(tracker.update(window(k * hop_s, None if score is None else (score, 0.0))))
        for k, score in enumerate(loud)
    ]


def times(events: list[EventStart | EventEnd]) -> list[tuple[float, float]]:
    return [(event.start_s, event.end_s) for event in events if isinstance(event, EventEnd)]


def test_overlapping_windows_are_one_event(chooser) -> None:
    assert follow(chooser, HALF, [0.0, 0.5, 0.75, 0.5, 0.0, 0.0]) == [
        EventStart(id=1, label="loud", start_s=1.5, score=0.5),
        EventEnd(id=1, label="loud", start_s=1.5, end_s=4.5, max_score=0.75),
    ]


def test_an_event_goes_on_above_the_stop_threshold(chooser) -> None:
    scores = [0.5, 0.3125, 0.28125, 0.5]  # 0.6 of 0.5 is 0.3
    kinds = [type(event) for event in follow(chooser, HALF, scores)]
    assert kinds == [EventStart, EventEnd, EventStart, EventEnd]
    lower, same = (dataclasses.replace(HALF, stop_threshold=stop) for stop in (0.25, 0.5))
    assert len(follow(chooser, lower, scores)) == 2
    assert len(follow(chooser, same, scores)) == 4


def test_silence_is_a_score_of_zero(chooser) -> None:
    assert times(follow(chooser, HALF, [1.0, None, None])) == [(0, 1.5)]
    smoothed = dataclasses.replace(HALF, smoothing_s=2.0)
    assert follow(chooser, smoothed, [1.0, None, 0.75]) == follow(chooser, smoothed, [1, 0, 0.75])


def test_the_end_of_the_sound_ends_an_event(chooser) -> None:
    start, end = follow(chooser, HALF, [0.0, 1.0, 1.0])
    assert (start.start_s, end.start_s, end.end_s) == (1.5, 1.5, 4.0)


def test_windows_that_do_not_touch_are_one_event(chooser) -> None:
    assert times(follow(chooser, HALF, [0.0, 1.0, 1.0, 0.0], hop_s=5.0)) == [(5.0, 12.0)]


def test_labels_are_followed_each_by_itself(toy_session) -> None:
    tracker = EventTracker(TagChooser(toy_session.card), HALF)
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


def test_smoothing_delays_a_start_by_seconds(chooser) -> None:
    """From 0 to 1 the average reaches 0.5 after ln 2 of the time constant, 1.39 s of 2 s."""
    config = EventConfig(start_threshold=0.5, smoothing_s=2.0)
    for hop_s in (1.0, 0.5, 0.25, 0.125):
        second = round(1.0 / hop_s)
        told = _told(EventTracker(chooser, config), [0.0] * second + [1.0] * 4 * second, hop_s)
        first = next(k for k, messages in enumerate(told) if messages)
        elapsed_s = (first - second + 1) * hop_s  # since the last window of zeros
        assert 2.0 * np.log(2.0) <= elapsed_s < 2.0 * np.log(2.0) + hop_s


def test_a_start_is_told_when_it_is_confirmed_with_the_time_it_was_heard(chooser) -> None:
    tracker = EventTracker(chooser, dataclasses.replace(HALF, confirmation_s=1.25))
    told = _told(tracker, [0.0, 0.5, 0.75, 0.5], 1.0)
    assert [len(messages) for messages in told] == [0, 0, 1, 0]
    assert told[2] == [EventStart(id=1, label="loud", start_s=1.5, score=0.75)]


def test_a_score_that_falls_too_early_is_not_confirmed(chooser) -> None:
    config = dataclasses.replace(HALF, confirmation_s=1.25)
    assert follow(chooser, config, [0.0, 0.5, 0.49, 0.5, 0.0]) == []
    assert times(follow(chooser, config, [0.0, 0.5, 0.5, 0.0])) == [(1.5, 3.5)]


def test_a_confirmation_that_the_next_window_tells_starts_and_ends_at_once(chooser) -> None:
    """One window holds for one hop: that is known when the next is there."""
    config = dataclasses.replace(HALF, confirmation_s=1.0)
    tracker = EventTracker(chooser, config)
    told = _told(tracker, [0.0, 0.5, 0.0], 1.0)
    assert [[type(m) for m in messages] for messages in told] == [[], [], [EventStart, EventEnd]]
    assert times(told[2]) == [(1.5, 2.5)]


def test_a_sound_of_one_window_is_confirmed_by_its_length(chooser) -> None:
    assert times(follow(chooser, dataclasses.replace(HALF, confirmation_s=2.0), [0.5])) == [(0, 2)]
    assert follow(chooser, dataclasses.replace(HALF, confirmation_s=2.1), [0.5]) == []


def test_a_recording_shorter_than_the_window_is_confirmed_by_its_padded_window(chooser) -> None:
    bark = WindowScores(
        start_s=0.0,
        end_s=0.5,
        padded_s=1.5,
        level_dbfs=-20.0,
        scores={"level": np.array([0.75, 0.0], np.float32)},
    )
    config = dataclasses.replace(HALF, confirmation_s=2.0)
    assert times(events_of([bark], chooser, config)) == [(0, 0.5)]
    assert events_of([bark], chooser, dataclasses.replace(config, min_duration_s=1.0)) == []


def test_events_shorter_than_the_minimum_are_left_out(chooser) -> None:
    config = dataclasses.replace(HALF, min_duration_s=2.0)
    assert follow(chooser, config, [0.0, 0.5, 0.0]) == []
    assert times(follow(chooser, config, [0.0, 0.5, 0.4, 0.0])) == [(1.5, 3.5)]
    assert follow(chooser, config, [0.0, 0.0, 0.5]) == []  # 1.5 s to the end of the sound
    assert times(follow(chooser, config, [0.0, 0.5, 0.5])) == [(1.5, 4.0)]


def test_a_short_fall_within_the_release_does_not_end_an_event(chooser) -> None:
    scores = [0.0, 0.5, 0.0, 0.4, 0.0, 0.0, 0.0, 0.5]
    config = dataclasses.replace(HALF, release_s=1.25)
    assert times(follow(chooser, HALF, scores)) == [(1.5, 2.5), (7.5, 9.0)]
    assert times(follow(chooser, config, scores)) == [(1.5, 4.5), (7.5, 9.0)]


def test_the_release_does_not_move_the_end(chooser) -> None:
    tracker = EventTracker(chooser, dataclasses.replace(HALF, release_s=2.5))
    told = _told(tracker, [0.5, 0.5, 0.0, 0.0, 0.0], 1.0)
    assert [len(messages) for messages in told] == [1, 0, 0, 0, 1]
    assert times(told[4]) == [(0, 2.5)]


def test_margins_widen_an_event_within_the_sound(chooser) -> None:
    config = dataclasses.replace(HALF, margin_before_s=0.5, margin_after_s=0.75)
    assert times(follow(chooser, config, [0.0, 0.0, 0.5, 0.0, 0.0, 0.0])) == [(2.0, 4.25)]
    wide = dataclasses.replace(HALF, margin_before_s=9.0, margin_after_s=9.0)
    assert times(follow(chooser, wide, [0.0, 0.0, 0.5, 0.0, 0.0])) == [(0.0, 6.0)]


def test_an_end_is_told_when_its_margin_has_been_heard(chooser) -> None:
    tracker = EventTracker(chooser, dataclasses.replace(HALF, margin_after_s=3.0))
    told = _told(tracker, [0.5, 0.0, 0.0, 0.0, 0.0], 1.0)  # ends at 1.5; 4.5 is heard at 5
    assert [len(messages) for messages in told] == [1, 0, 0, 1, 0]


def test_what_comes_back_within_the_margin_is_the_same_event(chooser) -> None:
    config = dataclasses.replace(HALF, margin_after_s=3.0)
    assert times(follow(chooser, config, [0.5, 0.0, 0.5, 0.0])) == [(0, 5.0)]


def test_the_margin_before_reaches_the_last_event_at_most(chooser) -> None:
    config = dataclasses.replace(HALF, margin_before_s=9.0)
    assert times(follow(chooser, config, [0.5, 0.0, 0.5, 0.0])) == [(0, 1.5), (1.5, 3.5)]


def test_a_label_cannot_begin_again_while_it_cools_down(chooser) -> None:
    scores = [0.5, 0.0, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5]
    config = dataclasses.replace(HALF, cooldown_s=3.25, margin_before_s=9.0)
    assert times(follow(chooser, config, scores)) == [(0, 1.5), (4.75, 9.0)]


def test_what_is_heard_while_a_label_cools_down_does_not_count(chooser) -> None:
    config = dataclasses.replace(HALF, cooldown_s=3.25)  # to 4.75, where the fifth window holds
    *_, end = follow(chooser, config, [0.5, 0.0, 0.75, 0.5, 0.5, 0.5])
    assert (end.start_s, end.max_score) == (4.75, 0.5)
    scores = [0.5, 0.0, 0.0, 0.0, 0.5, 0.0]  # the last 0.5 holds to 5.5, 0.75 s of it count
    for least_s, events in ((0.75, 2), (0.8, 1)):
        long = dataclasses.replace(config, min_duration_s=least_s)
        assert len(times(follow(chooser, long, scores))) == events


def test_lost_sound_ends_all_events_and_hides_nothing_behind_it(chooser) -> None:
    config = dataclasses.replace(HALF, smoothing_s=100.0, margin_after_s=5.0, margin_before_s=5.0)
    tracker = EventTracker(chooser, config)
    assert len(list(tracker.update(window(0, (0.5, 0.0))))) == 1
    assert times([*tracker.gap(10.0)]) == [(0, 2.0)]
    assert len(list(tracker.update(window(10, (0.5, 0.0))))) == 1  # no smoothing with what was
    assert times([*tracker.finish()]) == [(10.0, 12.0)]


def test_no_event_starts_before_there_is_sound_again(chooser) -> None:
    tracker = EventTracker(chooser, HALF)
    assert [*tracker.update(window(0, (0.0, 0.0))), *tracker.gap(10.0)] == []
    [start] = tracker.update(window(9.5, (0.5, 0.0)))
    assert start.start_s == 10.0


def test_a_gap_before_any_sound_and_a_second_finish_tell_nothing(chooser) -> None:
    tracker = EventTracker(chooser, HALF)
    assert [*tracker.gap(1.0), *tracker.finish()] == []
    assert len(list(tracker.update(window(1, (0.5, 0.0))))) == 1
    assert len([*tracker.finish(), *tracker.finish()]) == 1


def test_a_label_has_its_own_configuration(toy_session) -> None:
    config = dataclasses.replace(HALF, labels={"low": EventConfig(start_threshold=0.9)})
    tracker = EventTracker(TagChooser(toy_session.card), config)
    assert [event.label for event in tracker.update(window(0, (0.6, 0.6)))] == ["loud"]
    assert [event.label for event in tracker.update(window(1, (0.6, 0.95)))] == ["low"]


def test_another_configuration_holds_from_the_next_window_on(chooser) -> None:
    tracker = EventTracker(chooser, HALF)
    assert len(list(tracker.update(window(0, (0.6, 0.0))))) == 1
    tracker.reconfigure(EventConfig(start_threshold=0.9, stop_threshold=0.7))
    assert [type(event) for event in tracker.update(window(1, (0.6, 0.0)))] == [EventEnd]
    assert list(tracker.update(window(2, (0.8, 0.0)))) == []


def test_events_of_a_recording_are_in_the_order_of_their_starts(toy_session) -> None:
    config = dataclasses.replace(HALF, labels={"low": EventConfig(margin_before_s=1.0)})
    windows = [window(0, (0.0, 0.0)), window(1, (0.75, 0.75)), window(2, (0.0, 0.75))]
    assert events_of(windows, TagChooser(toy_session.card), config) == [
        EventEnd(id=2, label="low", start_s=0.5, end_s=4.0, max_score=0.75),
        EventEnd(id=1, label="loud", start_s=1.5, end_s=2.5, max_score=0.75),
    ]
    assert events_of([], TagChooser(toy_session.card), config) == []
