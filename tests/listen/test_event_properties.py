"""What holds for events of any scores and any configuration."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.events import EventTracker, events_of
from datar_edge.listen.messages import EventEnd, EventStart
from datar_edge.runtime.scorer import WindowScores
from datar_edge.runtime.tags import TagChooser

ROUNDING_S = 1e-5

few = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

score = st.floats(0, 1, width=32)
seconds = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.7, 3.0]) | st.floats(0, 6)


@st.composite
def configs(draw: st.DrawFn) -> EventConfig:
    start = draw(st.floats(0.05, 1))
    return EventConfig(
        start_threshold=start,
        stop_threshold=draw(st.none() | st.floats(0.1, 1).map(lambda share: share * start)),
        **{name: draw(seconds) for name in ("smoothing_s", "confirmation_s", "min_duration_s")},
        **{name: draw(seconds) for name in ("release_s", "margin_before_s", "margin_after_s")},
        cooldown_s=draw(seconds),
    )


def window(start_s: float, scores: tuple[float, float] | None, length_s: float) -> WindowScores:
    return WindowScores(
        start_s=start_s,
        end_s=start_s + length_s,
        padded_s=0.0,
        level_dbfs=-20.0,
        scores=None if scores is None else {"level": np.array(scores, np.float32)},
    )


@st.composite
def sounds(draw: st.DrawFn) -> list[WindowScores | float]:
    """Windows at uneven distances, some of them silence, and gaps: when sound is there again."""
    length_s, hop_s = draw(st.floats(0.3, 4)), draw(st.floats(0.1, 6))
    told: list[WindowScores | float] = []
    time_s, end_s = 0.0, 0.0
    for kind in draw(st.lists(st.sampled_from("wwwwwwssg"), max_size=40)):
        if kind == "g":
            time_s = end_s + draw(st.floats(0, 20))
            told.append(time_s)
            continue
        scores = draw(st.tuples(score, score)) if kind == "w" else None
        told.append(window(time_s, scores, length_s))
        end_s = time_s + length_s
        time_s += hop_s * draw(st.sampled_from([1, 1, 1, 3]))  # windows skipped
    return told


def follow(tracker: EventTracker, sound: list[WindowScores | float]) -> list[Any]:
    """Windows with what they tell, and what gaps tell of the sound before them, with the gaps."""
    told: list[Any] = []
    for each in sound:
        if isinstance(each, float):
            told += [*tracker.gap(each), each]
        else:
            told += [each, *tracker.update(each)]
    return [*told, *tracker.finish()]


@few
@given(sound=sounds(), config=configs())
def test_each_start_has_one_end_and_events_of_a_label_do_not_overlap(
    make_toy_session, sound, config
) -> None:
    told = follow(EventTracker(TagChooser(make_toy_session().card), config), sound)
    running: dict[str, EventStart] = {}
    free_s = {"loud": 0.0, "low": 0.0}
    heard_s, lost_until_s = 0.0, 0.0
    for each in told:
        if isinstance(each, EventStart):
            assert each.label not in running
            assert each.start_s >= max(free_s[each.label], lost_until_s)
            assert config.start_threshold <= each.score <= 1
            running[each.label] = each
        elif isinstance(each, EventEnd):
            begun = running.pop(each.label)
            assert (each.id, each.start_s) == (begun.id, begun.start_s)
            assert each.start_s <= each.end_s <= heard_s
            assert each.end_s - each.start_s >= config.min_duration_s - ROUNDING_S
            assert begun.score <= each.max_score <= 1
            free_s[each.label] = each.end_s + config.cooldown_s
        elif isinstance(each, float):
            lost_until_s = each
        else:
            heard_s = each.end_s
    assert not running
    identifiers = [each.id for each in told if isinstance(each, EventStart)]
    assert identifiers == list(range(1, len(identifiers) + 1))


@few
@given(sound=sounds(), config=configs())
def test_nothing_runs_through_lost_sound(make_toy_session, sound, config) -> None:
    told = follow(EventTracker(TagChooser(make_toy_session().card), config), sound)
    gaps = [each for each in told if isinstance(each, float)]
    for end in told:
        if isinstance(end, EventEnd):
            assert not any(end.start_s < gap_s < end.end_s for gap_s in gaps)


@few
@given(sound=sounds(), config=configs())
def test_labels_do_not_disturb_each_other(make_toy_session, sound, config) -> None:
    card = make_toy_session().card

    def ends(*allow: str) -> list[tuple[str, float, float, float]]:
        told = follow(EventTracker(TagChooser(card, allow=allow), config), sound)
        return [
            (each.label, each.start_s, each.end_s, each.max_score)
            for each in told
            if isinstance(each, EventEnd)
        ]

    assert sorted(ends("loud") + ends("low")) == sorted(ends("loud", "low"))


def reference(curve: list[float], config: EventConfig) -> int:
    """How many events a curve of one score a second has, by its runs of seconds.

    For a configuration without smoothing, margins, cool-down and release.
    """
    runs, begun = 0, None
    for k, value in enumerate([*curve, 0.0]):
        if begun is None and value >= config.start_threshold:
            begun, confirmed = k, 0.0
        if begun is None:
            continue
        if confirmed < config.confirmation_s and value < config.start_threshold:
            begun = None
        elif value < config.stop_below:
            runs += k - begun >= config.min_duration_s
            begun = None
        elif confirmed < config.confirmation_s:
            confirmed = k + 1 - begun
    return runs


@few
@given(
    curve=st.lists(st.sampled_from([0.0, 0.35, 0.5, 0.9]), max_size=20),
    confirmation_s=st.sampled_from([0.0, 1.0, 2.0, 3.0]),
    min_duration_s=st.sampled_from([0.0, 1.0, 2.0, 4.0]),
    a_second=st.sampled_from([1, 2, 4, 5, 8]),
)
def test_the_distance_of_windows_does_not_change_what_is_confirmed(
    make_toy_session, curve, confirmation_s, min_duration_s, a_second
) -> None:
    """The same curve, one score a second, read at any distance: the same number of events."""
    config = EventConfig(confirmation_s=confirmation_s, min_duration_s=min_duration_s)
    values = [0.0, *curve, 0.0]
    windows = [
        window(k / a_second, (values[k // a_second], 0.0), 2.56)
        for k in range(len(values) * a_second)
    ]
    events = events_of(windows, TagChooser(make_toy_session().card, allow=["loud"]), config)
    assert len(events) == reference(values, config)


@few
@given(config=configs(), scores=st.lists(score, max_size=15), parts=st.integers(2, 6))
def test_smoothing_is_the_same_for_one_score_told_several_times(
    make_toy_session, config, scores, parts
) -> None:
    """A score a second, and the same score told `parts` times within that second."""
    config = dataclasses.replace(config, confirmation_s=0.0, min_duration_s=0.0, release_s=0.0)
    chooser = TagChooser(make_toy_session().card, allow=["loud"])
    one = [window(float(k), (value, 0.0), 2.0) for k, value in enumerate(scores)]
    many = [
        window(k - 1 + (part + 1) / parts, (value, 0.0), 2.0)
        for k, value in enumerate(scores)
        for part in range(parts)
    ]
    assert highest(one, chooser, config) == pytest.approx(highest(many, chooser, config), abs=1e-6)


def highest(windows: list[WindowScores], chooser: TagChooser, config: EventConfig) -> float:
    """The highest smoothed score, told by an event that anything starts and nothing ends."""
    open_to_all = EventConfig(
        start_threshold=math.ulp(0.0),
        stop_threshold=math.ulp(0.0),
        smoothing_s=config.smoothing_s,
        release_s=3_600.0,
    )
    events = events_of(windows, chooser, open_to_all)
    return max((event.max_score for event in events), default=0.0)
