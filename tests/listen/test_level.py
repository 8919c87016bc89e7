from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.audio.windows import Window
from datar_edge.listen.level import LevelMeter


def measured(samples: np.ndarray, cuts: list[int]) -> LevelMeter:
    meter = LevelMeter()
    for block in np.split(samples.astype(np.float32), sorted(cuts)):
        meter.push(block)
    return meter


def clipped_by_hand(samples: list[float]) -> int:
    """Runs of three or more at full scale, counted one by one."""
    count, run = 0, 0
    for sample in [*samples, 0.0]:
        if abs(sample) >= 1.0:
            run += 1
        else:
            count += run if run >= 3 else 0
            run = 0
    return count


@given(
    samples=st.lists(st.sampled_from([0.0, 0.5, 1.0, -1.0]), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=6),
)
def test_blocks_make_no_difference_to_what_clips(samples: list[float], cuts: list[int]) -> None:
    meter = measured(np.array(samples), cuts)
    assert meter.samples == len(samples)
    assert meter.clipped == clipped_by_hand(samples)


def test_the_level_is_that_of_a_window(noise) -> None:
    samples = noise(1.0) + np.float32(0.1)  # a recorder's constant offset is no sound
    meter = measured(samples, [1_000, 1_001])
    assert meter.rms_dbfs == pytest.approx(Window(0, samples, len(samples)).level_dbfs, abs=1e-4)
    assert meter.peak_dbfs == pytest.approx(20 * np.log10(np.abs(samples).max()))


def test_no_sound_has_no_level() -> None:
    assert LevelMeter().rms_dbfs == LevelMeter().peak_dbfs == float("-inf")
    assert measured(np.zeros(10), []).rms_dbfs == float("-inf")
