"""The rule of windows against slices of the whole sound, whatever the pieces it comes in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.audio.ring import RingBuffer
from datar_edge.audio.windows import WindowCutter, hop_in_samples
from datar_edge.errors import ConfigError


def by_slices(sound: np.ndarray, window: int, hop: int) -> list[tuple[int, list[float], int]]:
    """The rule as it is written at the head of the module."""
    expected, start, covered = [], 0, 0
    while start + window <= len(sound):
        expected.append((start, sound[start : start + window].tolist(), window))
        covered = start + window
        start += hop
    if len(sound) > max(covered, start):
        rest = sound[start:]
        padded = np.concatenate([rest, np.zeros(window - len(rest))])
        expected.append((start, padded.tolist(), len(rest)))
    return expected


def cut(pieces: list[np.ndarray], window: int, hop: int) -> list[tuple[int, list[float], int]]:
    cutter = WindowCutter(window=window, hop=hop)
    found = [found for piece in pieces for found in cutter.push(piece)] + list(cutter.finish())
    return [(each.start, each.samples.tolist(), each.valid) for each in found]


@given(
    length=st.integers(0, 200),
    window=st.integers(1, 40),
    hop=st.integers(1, 60),
    cuts=st.lists(st.integers(0, 200), max_size=12),
)
def test_pieces_make_no_difference(length: int, window: int, hop: int, cuts: list[int]) -> None:
    sound = np.arange(1, length + 1, dtype=np.float32)
    pieces = np.split(sound, sorted(min(at, length) for at in cuts))
    assert cut(pieces, window, hop) == by_slices(sound, window, hop)


@given(capacity=st.integers(1, 20), pieces=st.lists(st.integers(0, 30), min_size=1, max_size=10))
def test_the_ring_keeps_the_newest(capacity: int, pieces: list[int]) -> None:
    ring, everything = RingBuffer(capacity), np.arange(sum(pieces), dtype=np.float32)
    for piece in pieces:
        ring.write(everything[ring.end : ring.end + piece])
    first = max(0, ring.end - capacity)
    assert ring.copy(first, ring.end - first).tolist() == everything[first:].tolist()
    if first:
        with pytest.raises(IndexError):
            ring.copy(first - 1, 1)


def test_the_level_leaves_the_mean_out() -> None:
    tone = np.sin(np.arange(1_600) * 0.1 * np.pi).astype(np.float32) + 0.25
    (window,) = WindowCutter(window=1_600, hop=1).push(tone)
    assert window.level_dbfs == pytest.approx(-3.01, abs=0.02)
    (silence,) = WindowCutter(window=8, hop=1).push(np.full(8, 0.5, np.float32))
    assert silence.level_dbfs == float("-inf")


@pytest.mark.parametrize("hop_s", [0.0, -1.0, float("nan"), float("inf"), 1e-6, 4_000.0])
def test_a_hop_is_checked(hop_s: float) -> None:
    with pytest.raises(ConfigError, match="the hop is"):
        hop_in_samples(hop_s, 16_000)
