from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.audio.resample import Resampler

NOISE = np.random.default_rng(5).uniform(-1, 1, 6_000).astype(np.float32)


@pytest.mark.parametrize("from_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 192_000])
@given(cuts=st.lists(st.integers(0, len(NOISE)), max_size=8))
def test_pieces_make_no_difference(from_hz: int, cuts: list[int]) -> None:
    resampler = Resampler(from_hz=from_hz, to_hz=16_000)
    pieces = [resampler.push(piece) for piece in np.split(NOISE, sorted(cuts))]
    pieces.append(resampler.push(np.empty(0, np.float32), last=True))
    np.testing.assert_array_equal(np.concatenate(pieces), soxr.resample(NOISE, from_hz, 16_000))


def test_the_same_rate_changes_nothing() -> None:
    resampler = Resampler(from_hz=16_000, to_hz=16_000)
    np.testing.assert_array_equal(resampler.push(NOISE, last=True), NOISE)
