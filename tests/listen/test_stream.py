"""Windows of a stream: those of a file, anew after each gap, the newest first where it is live."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datar_edge.audio.windows import Window, WindowCutter
from datar_edge.listen.sources.source import Gap, Remark
from datar_edge.listen.stream import Stream, Told

SIZES = st.tuples(st.integers(1, 12), st.integers(1, 20))
"""Window and hop."""


def ramp(start: int, count: int) -> NDArray[np.float32]:
    """Samples that tell their place."""
    return np.arange(start + 1, start + count + 1, dtype=np.float32)


def gap(lost_s: float = 0.0) -> Gap:
    return Gap(lost_s=lost_s, reason="test")


def drained(stream: Stream) -> list[Window | Told]:
    due = []
    while (each := stream.take(wait=False)) is not None:
        due.append(each)
    return due


def as_tuples(windows: list[Window | Told]) -> list[tuple[int, list[float], int]]:
    return [(w.start, w.samples.tolist(), w.valid) for w in windows if isinstance(w, Window)]


def by_the_rule(sound: NDArray[np.float32], window: int, hop: int) -> list[Window]:
    cutter = WindowCutter(window=window, hop=hop)
    return [*cutter.push(sound), *cutter.finish()]


@given(sizes=SIZES, blocks=st.lists(st.integers(0, 40), max_size=12), live=st.booleans())
def test_windows_are_those_of_a_file(sizes: tuple[int, int], blocks: list[int], live: bool) -> None:
    """Of a live source too, as long as it is taken in time."""
    window, hop = sizes
    stream = Stream(window=window, hop=hop, newest_wins=live)
    heard: list[Window | Told] = []
    position = 0
    for count in blocks:
        for piece in stream.pieces(ramp(position, count)):
            stream.put(piece)
            heard += drained(stream)
        position += count
    stream.end()
    heard += drained(stream)
    assert as_tuples(heard) == as_tuples([*by_the_rule(ramp(0, position), window, hop)])
    assert stream.missing == 0
    assert stream.position == position


@given(
    sizes=SIZES,
    stretches=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1_000)), max_size=5),
)
def test_each_stretch_between_gaps_is_a_sound_of_its_own(
    sizes: tuple[int, int], stretches: list[tuple[int, int]]
) -> None:
    window, hop = sizes
    stream = Stream(window=window, hop=hop, newest_wins=False)
    heard: list[Window | Told] = []
    expected: list[tuple[int, list[float], int]] = []
    at = 0
    for count, lost in stretches:
        sound = ramp(at, count)
        for piece in stream.pieces(sound):
            stream.put(piece)
            heard += drained(stream)
        stream.put(gap(), lost=lost)
        heard += drained(stream)
        expected += [
            (at + start, samples, valid)
            for start, samples, valid in as_tuples([*by_the_rule(sound, window, hop)])
        ]
        at += count + lost
        assert heard[-1] == Told(gap(), at)
    assert as_tuples(heard) == expected
    assert stream.position == at
    assert stream.missing == sum(lost for _, lost in stretches)


def covered(windows: list[Window]) -> set[int]:
    return {i for each in windows for i in range(each.start, each.start + each.valid)}


@given(
    sizes=SIZES,
    steps=st.lists(st.one_of(st.integers(0, 60), st.just("gap"), st.just("take")), max_size=25),
)
def test_what_is_skipped_is_counted_exactly(sizes: tuple[int, int], steps: list[object]) -> None:
    """A model that takes windows at any moments; a literal count of samples is the reference."""
    window, hop = sizes
    stream = Stream(window=window, hop=hop, newest_wins=True)
    heard: list[Window] = []
    rule: list[Window] = []
    begun, position = 0, 0
    for step in [*steps, "gap"]:
        if step == "take":
            due = stream.take(wait=False)
            if isinstance(due, Window):
                heard.append(due)
                # The newest: a further window's worth of sound would have been preferred.
                assert position - (due.start + due.valid) < hop
        elif step == "gap":
            stream.put(gap())
            rule += [
                Window(begun + each.start, each.samples, each.valid)
                for each in by_the_rule(ramp(begun, position - begun), window, hop)
            ]
            begun = position
        else:
            stream.put(ramp(position, int(step)))
            position += int(step)
    stream.end()
    heard += [each for each in drained(stream) if isinstance(each, Window)]
    starts = {each.start: each for each in rule}
    for each in heard:
        assert each.samples.tolist() == starts[each.start].samples.tolist()
    assert stream.skipped == len(covered(rule) - covered(heard))


def test_the_delay_of_a_slow_model_is_bounded() -> None:
    """3 hops of sound arrive while a window is scored; windows of 4 samples every 2."""
    stream = Stream(window=4, hop=2, newest_wins=True)
    stream.put(ramp(0, 4))
    position, starts = 4, []
    for _ in range(50):
        due = stream.take(wait=False)
        assert isinstance(due, Window)
        starts.append(due.start)
        assert position - due.start <= 4 + 2
        stream.put(ramp(position, 6))
        position += 6
    assert starts == list(range(0, 300, 6))
    # Of every 6 samples, windows of 4 leave 2 out; the last block has not been asked for yet.
    assert stream.skipped == 49 * 2


def test_remarks_come_at_once_and_end_nothing() -> None:
    stream = Stream(window=4, hop=4, newest_wins=False)
    stream.put(ramp(0, 3))
    stream.put(Remark("hm"))
    stream.put(ramp(3, 1))
    assert stream.take(wait=False) == Told(Remark("hm"), 3)
    assert as_tuples(drained(stream)) == [(0, [1.0, 2.0, 3.0, 4.0], 4)]


@pytest.mark.parametrize("end", [False, True])
def test_waiting_ends_with_sound_or_with_its_end(end: bool) -> None:
    stream = Stream(window=4, hop=4, newest_wins=True)
    taken: list[Window | Told | None] = []
    thread = threading.Thread(target=lambda: taken.append(stream.take(wait=True)))
    thread.start()
    stream.put(ramp(0, 2))
    assert thread.is_alive()
    if end:
        stream.end()
    else:
        stream.put(ramp(2, 2))
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert isinstance(taken[0], Window)
    assert taken[0].valid == (2 if end else 4)
    if end:
        assert stream.take(wait=True) is None
