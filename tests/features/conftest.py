"""Real clips at any rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from datar_edge.audio.files import read_audio

ESC10 = Path(__file__).parents[2].parent / "shared" / "esc10"


@pytest.fixture
def esc10_waveforms() -> Callable[[int], Iterator[np.ndarray]]:
    """Every fourth clip of ESC-10, all classes among them, at the rate asked for."""
    if not ESC10.is_dir():
        pytest.skip("ESC-10 is not beside the checkout, at ../shared/esc10")

    def waveforms(rate_hz: int) -> Iterator[np.ndarray]:
        for path in sorted(ESC10.glob("*/*.ogg"))[::4]:
            yield read_audio(path, rate_hz)

    return waveforms
