"""Real clips at any rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from datar_edge.audio.files import read_audio


@pytest.fixture
def esc10_waveforms(esc10: Path) -> Callable[[int], Iterator[np.ndarray]]:
    """Every fourth clip of ESC-10, all classes among them, at the rate asked for."""

    def waveforms(rate_hz: int) -> Iterator[np.ndarray]:
        for path in sorted(esc10.glob("*/*.ogg"))[::4]:
            yield read_audio(path, rate_hz)

    return waveforms
