from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from datar_edge.listen.wall_clock import WallClock


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(s=1_000_000.0)
    monkeypatch.setattr(time, "time", lambda: now.s)
    return now


def test_it_follows_a_sound_whose_clock_drifts(wall: SimpleNamespace) -> None:
    """A sound card that is 100 ppm slow is 26 s late after three days, the clock is not."""
    clock = WallClock(live=True)
    position_s = 0.0
    for _ in range(26_000):
        wall.s += 10.0
        position_s += 10.0 * (1.0 - 1e-4)
        clock.hear(position_s)
    assert wall.s - 1_000_000.0 - position_s == pytest.approx(26.0)
    assert clock(position_s).timestamp() == pytest.approx(wall.s, abs=0.2)


def test_it_starts_with_the_first_block_and_is_not_moved_by_jitter(wall: SimpleNamespace) -> None:
    clock = WallClock(live=True)
    wall.s += 0.6  # the device takes a while to start
    clock.hear(0.1)
    wall.s += 0.5  # the second block is late
    clock.hear(0.2)
    assert clock(0.0).timestamp() == pytest.approx(1_000_000.5, abs=0.01)
    assert clock(0.0).tzinfo is not None


def test_it_follows_a_clock_that_is_set(wall: SimpleNamespace) -> None:
    clock = WallClock(live=True)
    clock.hear(0.1)
    wall.s += 3_600.1
    clock.hear(0.2)
    assert clock(0.2).timestamp() == pytest.approx(wall.s)


def test_a_file_that_is_heard_fast_counts_from_the_start(wall: SimpleNamespace) -> None:
    clock = WallClock(live=False)
    clock.hear(3_600.0)
    assert clock(3_600.0).timestamp() == pytest.approx(1_003_600.0)
