from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from datar_edge.audio.files import read_audio
from datar_edge.bundled import calibration_sounds, verification_sounds
from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.errors import DataError
from datar_edge.quantize.calibration import calibration_windows

WriteSound = Callable[..., Path]


def card_of(window_s: float) -> ModelCard:
    frames = round(window_s * 100)
    fbank = FbankConfig(window_s=window_s, num_frames=frames)
    return ModelCard(preset="any", heads={"class": ("a", "b")}, fbank=fbank)


def tone(seconds: float, level: float) -> NDArray[np.float32]:
    time_s = np.arange(round(seconds * 16_000)) / 16_000
    return (level * np.sin(2.0 * np.pi * 440.0 * time_s)).astype(np.float32)


def test_the_sets_that_ship_share_nothing_and_give_windows() -> None:
    assert not {path.name for path in calibration_sounds()} & {
        path.name for path in verification_sounds()
    }
    for window_s, least in ((2.56, 6), (10.24, 2)):
        card = card_of(window_s)
        windows = calibration_windows(calibration_sounds(), card, limit=64)
        assert len(windows) >= least
        assert {window.shape for window in windows} == {(1, card.window_samples)}
        assert all(window.dtype == np.float32 for window in windows)


def test_long_recordings_are_cut_and_short_ones_joined(write_sound: WriteSound) -> None:
    card = card_of(1.0)
    long = write_sound("long.wav", tone(2.5, 0.5), subtype="FLOAT")
    short = [write_sound(f"{part}.wav", tone(0.6, 0.1), subtype="FLOAT") for part in (1, 2)]
    [first, *_] = calibration_windows([long], card, limit=9)
    np.testing.assert_array_equal(first[0], read_audio(long, 16_000)[:16_000])
    [joined] = calibration_windows(short, card, limit=9)
    parts = np.concatenate([read_audio(path, 16_000) for path in short])
    np.testing.assert_array_equal(joined[0], parts[:16_000])
    [padded] = calibration_windows(short[:1], card, limit=9)
    assert not padded[0, 9_600:].any()
    assert padded[0, :9_600].any()


def test_no_recording_takes_the_place_of_others(write_sound: WriteSound) -> None:
    levels = (0.1, 0.2, 0.3, 0.4)
    paths = [write_sound(f"{level}.wav", tone(9.0, level), subtype="FLOAT") for level in levels]
    windows = calibration_windows(paths, card_of(1.0), limit=4)
    assert sorted(round(float(np.abs(window).max()), 2) for window in windows) == list(levels)
    assert len(calibration_windows(paths, card_of(1.0), limit=2)) == 2


def test_silence_is_left_out(write_sound: WriteSound) -> None:
    halves = np.concatenate([np.zeros(32_000, np.float32), tone(1.0, 0.3)])
    path = write_sound("half.wav", halves, subtype="FLOAT")
    [window] = calibration_windows([path], card_of(1.0), limit=9)
    assert np.abs(window).max() > 0.29


def test_what_cannot_be_calibrated_on_is_refused(write_sound: WriteSound, tmp_path: Path) -> None:
    card = card_of(1.0)
    with pytest.raises(DataError, match=r"no recordings to calibrate on.*--calibration"):
        calibration_windows([], card, limit=9)
    silent = write_sound("silent.wav", np.zeros(32_000, np.float32))
    with pytest.raises(DataError, match=r"are silent.*--calibration"):
        calibration_windows([silent], card, limit=9)
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    with pytest.raises(DataError, match="cannot calibrate: "):
        calibration_windows([text], card, limit=9)
    assert DataError("any").exit_status == 2
