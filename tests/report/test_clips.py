from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from datar_edge.audio.windows import clip_windows
from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.errors import AudioError, RuntimeFailureError
from datar_edge.report.clips import clip_scores

WINDOW = 1_600
RNG = np.random.default_rng(7)


def tone(level_db: float, samples: int = WINDOW) -> NDArray[np.float32]:
    """A sine of 1 kHz at 16 kHz with that RMS level."""
    wave = np.sin(2.0 * np.pi * 1_000.0 * np.arange(samples) / 16_000.0)
    return (wave * np.sqrt(2.0) * 10.0 ** (level_db / 20.0)).astype(np.float32)


def starts(waveform: NDArray[np.float32], hop: int = WINDOW) -> list[int]:
    return [each.start for each in clip_windows(waveform, window=WINDOW, hop=hop)]


def test_windows_more_than_20_db_below_the_loudest_are_left_out() -> None:
    waveform = np.concatenate([tone(-30.5), tone(-10.0), tone(-29.5), np.zeros(WINDOW, np.float32)])
    assert starts(waveform) == [WINDOW, 2 * WINDOW]


def test_a_quiet_clip_keeps_all_its_windows() -> None:
    assert starts(np.concatenate([tone(-60.0), tone(-70.0)])) == [0, WINDOW]


def test_a_silent_clip_keeps_all_its_windows() -> None:
    assert starts(np.zeros(2 * WINDOW, np.float32)) == [0, WINDOW]


def test_the_end_is_judged_by_its_sound_and_not_by_its_padding() -> None:
    assert starts(np.concatenate([tone(-10.0), tone(-20.0, samples=160)])) == [0, WINDOW]


def test_a_clip_of_no_samples_is_refused() -> None:
    with pytest.raises(AudioError, match="has no samples"):
        clip_windows(np.empty(0, np.float32), window=WINDOW, hop=WINDOW)


class LevelSession:
    """Gives a window's RMS level and its complement as scores."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self.card = ModelCard(
            preset="level",
            heads={"level": ("loud", "quiet"), "sign": ("up", "down", "flat")},
            fbank=FbankConfig(window_s=0.1, num_frames=16),
        )

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        assert waveform.shape == (1, WINDOW)
        level = np.sqrt(np.mean(waveform**2)) * np.float32(self.factor)
        return {
            "level": np.array([level, 1.0 - level], np.float32),
            "sign": np.array([waveform.max(), -waveform.min(), 0.0], np.float32),
        }

    def close(self) -> None:
        pass

    def __enter__(self) -> LevelSession:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_a_clip_scores_the_mean_of_its_windows() -> None:
    waveform = np.concatenate([tone(-10.0), tone(-14.0), tone(-40.0)])
    scores = clip_scores(LevelSession(), waveform, hop=WINDOW)
    expected = (10 ** (-10 / 20) + 10 ** (-14 / 20)) / 2
    np.testing.assert_allclose(scores["level"], [expected, 1 - expected], rtol=1e-5)
    assert scores["sign"].shape == (3,)
    assert scores["sign"].dtype == np.float32


def test_overlapping_windows_count_each() -> None:
    noise = RNG.normal(0.0, 0.1, size=2 * WINDOW).astype(np.float32)
    scores = clip_scores(LevelSession(), noise, hop=WINDOW // 2)
    parts = [noise[start : start + WINDOW] for start in (0, WINDOW // 2, WINDOW)]
    expected = np.mean([np.sqrt(np.mean(part.astype(np.float64) ** 2)) for part in parts])
    assert scores["level"][0] == pytest.approx(expected, rel=1e-5)


def test_scores_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(RuntimeFailureError, match="head 'level' of the model"):
        clip_scores(LevelSession(factor=float("nan")), tone(-10.0), hop=WINDOW)
