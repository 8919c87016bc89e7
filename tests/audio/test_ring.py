from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.audio.ring import RingBuffer


@given(capacity=st.integers(1, 20), blocks=st.lists(st.integers(0, 50), max_size=12))
def test_it_holds_the_newest_samples(capacity: int, blocks: list[int]) -> None:
    ring = RingBuffer(capacity)
    written: list[float] = []
    for size in blocks:
        block = np.arange(len(written), len(written) + size, dtype=np.float32)
        ring.write(block)
        written.extend(block)
        oldest = max(0, len(written) - capacity)
        assert ring.end == len(written)
        for start in range(oldest, len(written) + 1):
            kept = ring.copy(start, len(written) - start)
            assert kept.tolist() == written[start:]


@pytest.mark.parametrize(("start", "count"), [(0, 3), (5, 6), (-1, 1), (8, -2)])
def test_what_is_gone_or_not_yet_there_is_refused(start: int, count: int) -> None:
    ring = RingBuffer(4)
    ring.write(np.zeros(8, np.float32))
    with pytest.raises(IndexError):
        ring.copy(start, count)


def test_a_copy_stays_as_it_is() -> None:
    ring = RingBuffer(3)
    ring.write(np.array([1, 2, 3], np.float32))
    copy = ring.copy(0, 3)
    ring.write(np.array([4, 5, 6], np.float32))
    assert copy.tolist() == [1, 2, 3]
