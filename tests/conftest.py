"""Sounds and a small model that several tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.config import FbankConfig

ESC10 = Path(__file__).parents[2] / "shared" / "esc10"
EXAMPLES = Path(__file__).parents[1] / "examples"
RATE_HZ = 16_000


class LoudnessSession(Closing):
    """A model simple enough to be known by heart: loud, or faint, by the mean of |x|."""

    def __init__(self, window_s: float = 0.5, hop_s: float = 0.25) -> None:
        self.card = ModelCard(
            preset="loudness",
            heads={"class": ("Loud", "Faint")},
            fbank=FbankConfig(num_mel_bins=8, window_s=window_s, num_frames=64),
            hop_s=hop_s,
        )
        self.windows = 0
        self.closed = False

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        self.windows += 1
        loud = min(1.0, 2.0 * float(np.abs(waveform).mean()))
        return {"class": np.array([loud, 1.0 - loud], np.float32)}

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def loudness() -> LoudnessSession:
    return LoudnessSession()


@pytest.fixture
def write_sound(tmp_path: Path) -> Callable[..., Path]:
    """Writes samples into a file and gives its path."""

    def write(samples: NDArray[np.floating], name: str = "a.wav", rate_hz: int = RATE_HZ) -> Path:
        soundfile.write(tmp_path / name, samples, rate_hz)
        return tmp_path / name

    return write


@pytest.fixture
def esc10() -> Path:
    if not ESC10.is_dir():
        pytest.skip("ESC-10 is not beside the checkout, at ../shared/esc10")
    return ESC10


@pytest.fixture
def real_sounds() -> list[Path]:
    """The recordings that come with the project."""
    return sorted(p for p in EXAMPLES.iterdir() if p.suffix in {".ogg", ".wav"})
