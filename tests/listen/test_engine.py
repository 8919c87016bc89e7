"""The listener: its messages, its threads, and what it does when source or model fail.

Sources and models here go on only when the test lets them: nothing depends on how fast it runs.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from datar_edge.closing import Closing
from datar_edge.errors import AudioError, ConfigError, RuntimeFailureError
from datar_edge.listen.engine import Listener
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.messages import EventEnd, EventStart, Message, Scores, Status
from datar_edge.listen.sources.source import Gap, Heard, Remark
from datar_edge.runtime.scorer import WindowScorer
from datar_edge.runtime.tags import TagChooser

RATE_HZ = 8_000
WINDOW_S = 0.1
IMMEDIATE = EventConfig(start_threshold=0.5)
ANSWER_S = 30.0
"""Far longer than any of this takes; only a hang lasts so long."""


class ArraySource(Closing):
    """What a test gives; fails after it if an error is given."""

    name = "array"
    sample_rate_hz = RATE_HZ

    def __init__(
        self, heard: list[Heard], error: Exception | None = None, *, live: bool = False
    ) -> None:
        self.live = live
        self.closed = False
        self.taken = 0
        self._heard = heard
        self._error = error
        self._stopped = False

    def blocks(self, sample_rate_hz: int) -> Iterator[Heard]:
        assert sample_rate_hz == RATE_HZ
        for each in self._heard:
            if self._stopped:
                return
            self.taken += 1
            yield each
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        self._stopped = True

    def close(self) -> None:
        self.closed = True


class FedSource(ArraySource):
    """A live source that the test feeds; None is its end."""

    def __init__(self) -> None:
        super().__init__([], live=True)
        self._fed: queue.Queue[Heard | None] = queue.Queue()
        self._taken = threading.Semaphore(0)

    def feed(self, heard: Heard) -> None:
        """Returns when the listener has it."""
        self._fed.put(heard)
        assert self._taken.acquire(timeout=ANSWER_S)

    def blocks(self, sample_rate_hz: int) -> Iterator[Heard]:
        assert sample_rate_hz == RATE_HZ
        while (each := self._fed.get(timeout=ANSWER_S)) is not None:
            yield each
            self._taken.release()

    def stop(self) -> None:
        self._fed.put(None)


class Gate:
    """Holds a model's runs back until the test lets them go, one by one."""

    def __init__(self, session) -> None:
        self._run = session.run
        self.entered = threading.Semaphore(0)
        self.leave = threading.Semaphore(0)
        session.run = self

    def __call__(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        self.entered.release()
        assert self.leave.acquire(timeout=ANSWER_S)
        return self._run(waveform)


def listener(session, source: ArraySource, *, hop_s: float = 0.1, **choices) -> Listener:
    return Listener(
        source,
        sample_rate_hz=RATE_HZ,
        scorer=WindowScorer(session, hop_s=hop_s),
        chooser=TagChooser(session.card, allow=["loud"]),
        config=IMMEDIATE,
        **choices,
    )


def square(peak: float, seconds: float = 0.1) -> NDArray[np.float32]:
    return np.resize(np.array([peak, -peak], np.float32), round(seconds * RATE_HZ))


def kinds(messages: list[Message]) -> list[type]:
    return [type(message) for message in messages]


@pytest.fixture(params=[False, True], ids=["in step", "live"])
def live(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_what_is_said_of_a_sound(toy_session) -> None:
    sound = np.concatenate([square(0.25), square(0.75), square(0.0), square(0.875, 0.05)])
    assert [
        message
        for message in listener(toy_session, ArraySource([sound]))
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
    heard = listener(toy_session, ArraySource([sound]))
    scores = [m for m in heard if isinstance(m, Scores)]
    assert [(each.start_s, each.end_s, len(each.tags)) for each in scores] == [
        (0.0, 0.1, 1),
        (0.1, 0.2, 0),  # silence
    ]
    assert scores[0].tags[0].score == 0.25


def test_messages_come_while_the_source_goes_on(toy_session) -> None:
    messages = iter(listener(toy_session, ArraySource([square(0.75)] * 3, AudioError("broken"))))
    assert kinds(list(itertools.islice(messages, 3))) == [Status, Scores, EventStart]
    assert len(toy_session.waveforms) == 1


def test_events_end_when_the_source_fails(toy_session, live: bool) -> None:
    source = ArraySource([square(0.75)], AudioError("broken"), live=live)
    told: list[Message] = []
    with pytest.raises(AudioError, match="broken"):
        told.extend(listener(toy_session, source))
    assert kinds(told) == [Status, Scores, EventStart, EventEnd, Status]
    assert source.closed


def test_events_end_when_the_model_fails(toy_session, live: bool) -> None:
    run, scored = toy_session.run, itertools.count()

    def fail_at_second(waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        if next(scored):
            raise RuntimeFailureError("out of memory")
        return run(waveform)

    toy_session.run = fail_at_second
    source = FedSource() if live else ArraySource([square(0.75)] * 9)
    told: list[Message] = []

    def listen() -> None:
        for message in listener(toy_session, source):
            if isinstance(source, FedSource) and len(told) in (0, 2):  # one window each
                source.feed(square(0.75))
            told.append(message)

    with pytest.raises(RuntimeFailureError, match="out of memory"):
        listen()
    assert kinds(told) == [Status, Scores, EventStart, EventEnd, Status]
    assert source.closed
    assert source.taken <= 2  # the rest of the sound is not waited for


def test_nothing_is_said_of_no_sound(toy_session, live: bool) -> None:
    assert kinds(list(listener(toy_session, ArraySource([], live=live)))) == [Status, Status]


def test_a_lost_device_ends_events_and_time_goes_on(toy_session) -> None:
    lost = Gap(lost_s=0.0, state="device_lost", reason="unplugged")
    back = Gap(lost_s=12.5, state="device_back", reason="plugged in")
    source = ArraySource([square(0.75, 0.15), lost, back, square(0.875)])
    told = [m for m in listener(toy_session, source) if not isinstance(m, Scores)]
    assert told == [
        Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0),
        EventStart(id=1, label="loud", start_s=0.0, score=0.75),
        EventEnd(id=1, label="loud", start_s=0.0, end_s=0.15, max_score=0.75),
        Status(state="device_lost", time_s=0.15, dropped_s=0.0, windows=2, reason="unplugged"),
        Status(state="device_back", time_s=12.65, dropped_s=12.5, windows=2, reason="plugged in"),
        EventStart(id=2, label="loud", start_s=12.65, score=0.875),
        EventEnd(id=2, label="loud", start_s=12.65, end_s=12.75, max_score=0.875),
        Status(state="stopped", time_s=12.75, dropped_s=12.5, windows=3),
    ]


def test_it_says_when_only_zeros_are_heard_and_when_no_more(toy_session, live: bool) -> None:
    source = ArraySource([square(0.25), square(0.0, 7.0), square(0.25)])
    statuses = [m for m in listener(toy_session, source) if isinstance(m, Status)]
    assert [(round(m.time_s, 3), m.reason) for m in statuses[1:-1]] == [
        (5.1, "hears only zeros: is the microphone muted?"),
        (7.2, "hears sound again"),
    ]


def test_remarks_of_the_source_are_told(toy_session) -> None:
    source = ArraySource([square(0.25), Remark("hm"), square(0.25)])
    statuses = [m for m in listener(toy_session, source) if isinstance(m, Status)]
    assert statuses[1] == Status(
        state="listening", time_s=0.1, dropped_s=0.0, windows=1, reason="hm"
    )


def test_a_model_three_times_too_slow_skips_and_counts(toy_session) -> None:
    """While a window is scored, three hops of sound arrive: the model hears every third window."""
    gate, source = Gate(toy_session), FedSource()
    heard = listener(toy_session, source)
    told: list[Message] = []
    reader = threading.Thread(target=lambda: told.extend(heard))
    reader.start()
    source.feed(square(0.75))
    for _ in range(20):
        assert gate.entered.acquire(timeout=ANSWER_S)
        for _ in range(3):
            source.feed(square(0.75))
        gate.leave.release()
    assert gate.entered.acquire(timeout=ANSWER_S)
    source.stop()
    gate.leave.release()
    reader.join(timeout=ANSWER_S)
    assert not reader.is_alive()
    scores = [m for m in told if isinstance(m, Scores)]
    assert [round(m.start_s, 3) for m in scores] == [round(0.3 * k, 3) for k in range(21)]
    last = told[-1]
    assert isinstance(last, Status)
    assert last.windows == 21
    assert last.dropped_s == pytest.approx(20 * 0.2)
    reasons = [m.reason for m in told if isinstance(m, Status) and m.reason]
    assert reasons == ["sound comes faster than the model takes it: some is skipped"]
    assert kinds(told).count(EventStart) == kinds(told).count(EventEnd) == 1


def test_a_slow_reader_makes_it_skip_instead_of_grow(toy_session) -> None:
    """Nobody reads: the waiting messages are bounded, and what does not fit is counted."""
    source = FedSource()
    heard = listener(toy_session, source)
    messages = iter(heard)
    told = [next(messages)]
    for _ in range(2_000):
        source.feed(square(0.25))
    source.stop()
    told.extend(messages)
    assert len(told) < 400
    last = told[-1]
    assert isinstance(last, Status)
    assert last.windows + round(last.dropped_s / 0.1) == 2_000


def test_a_source_that_waits_loses_nothing(toy_session) -> None:
    told = list(listener(toy_session, ArraySource([square(0.25, 200.0)])))
    last = told[-1]
    assert isinstance(last, Status)
    assert (last.windows, last.dropped_s) == (2_000, 0.0)


def test_stopping_ends_events(toy_session, live: bool) -> None:
    source = ArraySource([square(0.75)] * 1_000, live=live)
    heard = listener(toy_session, source)
    told = []
    for message in heard:
        told.append(message)
        if isinstance(message, EventStart):
            heard.stop()
    assert kinds(told)[-2:] == [EventEnd, Status]


def test_leaving_early_closes_the_source(toy_session, live: bool) -> None:
    source = ArraySource([square(0.75)] * 1_000, live=live)
    before = threading.active_count()
    with listener(toy_session, source) as heard:
        for _ in heard:
            break
    assert source.closed
    assert threading.active_count() == before


def test_health_tells_how_it_goes(toy_session) -> None:
    heard = listener(toy_session, ArraySource([square(0.75), square(0.5)]))
    messages = iter(heard)
    assert heard.health().level_dbfs == float("-inf")
    start = list(itertools.islice(messages, 3))[-1]
    health = heard.health()
    assert (health.state, health.source, health.windows, health.events) == (
        "listening",
        "array",
        1,
        1,
    )
    assert health.running == (start,)
    assert health.tags[0].score == 0.75
    assert health.time_s == 0.1
    assert health.level_dbfs == pytest.approx(20 * np.log10(0.75))
    assert health.inference_ms > 0.0
    assert health.core_share > 0.0
    assert health.sound_age_s < ANSWER_S
    list(messages)
    assert heard.health().state == "stopped"
    assert heard.health().running == ()


def test_other_thresholds_hold_from_the_next_window_on(toy_session) -> None:
    heard = listener(toy_session, ArraySource([square(0.75)] * 3))
    told = []
    for message in heard:
        told.append(message)
        if isinstance(message, EventStart):
            heard.reconfigure(EventConfig(start_threshold=0.9, stop_threshold=0.85))
    assert [m.end_s for m in told if isinstance(m, EventEnd)] == [0.1]


def test_history_holds_what_was_heard(toy_session) -> None:
    lost = Gap(lost_s=0.1, reason="test")
    heard = listener(toy_session, ArraySource([square(0.75), lost, square(0.5)]), history_s=0.25)
    list(heard)
    expected = np.concatenate([square(0.75, 0.05), square(0.0), square(0.5)])
    assert heard.history.begin_s == pytest.approx(0.05)
    np.testing.assert_array_equal(heard.history.read(0.0, 1.0), expected)


@pytest.mark.parametrize("history_s", [-1.0, float("nan"), 1e6])
def test_a_wrong_history_is_refused(toy_session, history_s: float) -> None:
    with pytest.raises(ConfigError, match="history"):
        listener(toy_session, ArraySource([]), history_s=history_s)


def test_a_step_of_the_program_that_nobody_foresaw_is_raised(toy_session, live: bool) -> None:
    with pytest.raises(ZeroDivisionError):
        list(listener(toy_session, ArraySource([], ZeroDivisionError(), live=live)))
