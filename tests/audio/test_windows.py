from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from datar_edge.audio.windows import Window, WindowCutter, hop_in_samples
from datar_edge.errors import ConfigError


def reference(sound: NDArray[np.float32], window: int, hop: int) -> list[tuple[int, list[float]]]:
    """The rule, applied to the whole sound at once: start and the samples that are sound."""
    starts = [k for k in range(0, len(sound), hop) if k + window <= len(sound)]
    covered = starts[-1] + window if starts else 0
    following = len(starts) * hop
    if covered < len(sound) and following < len(sound):
        starts.append(following)
    return [(start, sound[start : start + window].tolist()) for start in starts]


@given(
    length=st.integers(0, 120),
    window=st.integers(1, 30),
    hop=st.integers(1, 40),
    cuts=st.lists(st.integers(0, 120), max_size=10),
)
def test_windows_are_the_same_whatever_the_pieces(
    length: int, window: int, hop: int, cuts: list[int]
) -> None:
    sound = np.arange(1, length + 1, dtype=np.float32)
    cutter = WindowCutter(window=window, hop=hop)
    windows: list[Window] = []
    for piece in np.split(sound, sorted(cuts)):
        windows += cutter.push(piece)
    windows += cutter.finish()

    found = [(each.start, each.samples[: each.valid].tolist()) for each in windows]
    assert found == reference(sound, window, hop)
    for each in windows:
        assert each.samples.shape == (window,)
        assert not each.samples[each.valid :].any()
    assert all(each.valid == window for each in windows[:-1])


@given(window=st.integers(1, 30), hop=st.integers(1, 30), length=st.integers(1, 100))
def test_no_sample_is_missed_unless_the_hop_leaves_gaps(window: int, hop: int, length: int) -> None:
    cutter = WindowCutter(window=window, hop=min(hop, window))
    windows = [*cutter.push(np.zeros(length, np.float32)), *cutter.finish()]
    covered = {at for each in windows for at in range(each.start, each.start + each.valid)}
    assert covered == set(range(length))


def test_a_window_comes_with_the_sample_that_completes_it() -> None:
    cutter = WindowCutter(window=4, hop=2)
    one = np.zeros(1, np.float32)
    assert [len(list(cutter.push(one))) for _ in range(8)] == [0, 0, 0, 1, 0, 1, 0, 1]
    assert list(cutter.finish()) == []


def test_windows_belong_to_the_caller() -> None:
    cutter = WindowCutter(window=2, hop=2)
    first, second = cutter.push(np.array([1, 2, 3, 4], np.float32))
    assert first.samples.tolist() == [1, 2]
    assert second.samples.tolist() == [3, 4]


def test_the_level_is_that_of_a_sine() -> None:
    sine = np.sin(2 * np.pi * np.arange(1_600) / 16).astype(np.float32)
    loud = Window(0, sine, 1_600)
    assert loud.level_dbfs == pytest.approx(-3.01, abs=0.01)
    assert Window(0, sine / 1_000, 1_600).level_dbfs == pytest.approx(-63.01, abs=0.01)


def test_the_level_leaves_out_padding_and_a_constant() -> None:
    sine = np.sin(2 * np.pi * np.arange(1_600) / 16).astype(np.float32)
    padded = np.pad(sine + 0.3, (0, 14_400))
    assert Window(0, padded, 1_600).level_dbfs == pytest.approx(-3.01, abs=0.01)
    assert Window(0, np.full(1_600, 0.3, np.float32), 1_600).level_dbfs < -120
    assert Window(0, np.zeros(1_600, np.float32), 1_600).level_dbfs == float("-inf")


def test_a_hop_is_rounded_to_samples() -> None:
    assert hop_in_samples(1.0, 16_000) == 16_000
    assert hop_in_samples(0.1, 11_025) == 1_102
    assert hop_in_samples(1 / 16_000, 16_000) == 1


@pytest.mark.parametrize("hop_s", [0.0, -1.0, 1e-9, 3_601.0, float("nan"), float("inf")])
def test_a_hop_out_of_its_range_is_refused(hop_s: float) -> None:
    with pytest.raises(ConfigError, match="the hop is"):
        hop_in_samples(hop_s, 16_000)
