from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.listen.history import History

RATE_HZ = 10


@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 70)), max_size=8),
    start=st.integers(-5, 200),
    count=st.integers(0, 60),
)
def test_it_holds_the_newest_sound_at_its_time(
    steps: list[tuple[bool, int]], start: int, count: int
) -> None:
    """Against a list of all samples; sound that was lost is zeros."""
    history = History(seconds=3.0, sample_rate_hz=RATE_HZ)
    all_of_it: list[float] = []
    for lost, samples in steps:
        sound = np.arange(len(all_of_it) + 1, len(all_of_it) + samples + 1, dtype=np.float32)
        if lost:
            history.skip(samples)
            all_of_it += [0.0] * samples
        else:
            history.write(sound)
            all_of_it += sound.tolist()
    begin = max(0, len(all_of_it) - 30)
    assert (history.begin_s, history.end_s) == (begin / RATE_HZ, len(all_of_it) / RATE_HZ)
    read = history.read(start / RATE_HZ, (start + count) / RATE_HZ)
    assert read.tolist() == all_of_it[max(start, begin) : max(start + count, 0)]
