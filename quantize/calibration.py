"""Windows of real sound that ranges of activations are measured on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import read_audio
from datar_edge.audio.windows import Window
from datar_edge.bundled import calibration_sounds
from datar_edge.card import ModelCard
from datar_edge.errors import AudioError, DataError

SILENCE_DBFS = -70.0
"""Level below which a window is taken for silence: digital padding, not a quiet room."""

_GOLDEN_RATIO = (5.0**0.5 - 1.0) / 2.0
_FIX = "Give recordings of what the model is to hear: --calibration DIR."


MOST_WINDOWS = 64
"""Ranges hardly widen after some dozens, and every window costs a slow run of the float model."""


def calibration_of(recordings: Sequence[Path], card: ModelCard) -> list[NDArray[np.float32]]:
    """The windows that an export calibrates on: see `calibration_windows`.

    Args:
        recordings: sound files; the package's own where empty.
        card: of the model.

    Raises:
        DataError: a recording cannot be read, or all are silent.
    """
    return calibration_windows(recordings or calibration_sounds(), card, limit=MOST_WINDOWS)


def calibration_windows(
    recordings: Sequence[Path], card: ModelCard, *, limit: int
) -> list[NDArray[np.float32]]:
    """Windows of recordings, spread over them, silent ones left out.

    Recordings that are shorter than a window are joined end to end. All give about the same number
    of windows.

    Args:
        recordings: sound files.
        card: of the model, which says rate and window.
        limit: most windows, 1 or more.

    Returns:
        float32 `[1, window_samples]` each, at least one.

    Raises:
        DataError: there is no recording, one cannot be read, or all are silent.
    """
    if not recordings:
        raise DataError("there are no recordings to calibrate on", fix=_FIX)
    share = -(-limit // len(recordings))
    windows: list[NDArray[np.float32]] = []
    short: list[NDArray[np.float32]] = []
    for path in _spread(recordings):
        if len(windows) >= limit:
            break
        samples = _samples(path, card)
        if len(samples) >= card.window_samples:
            windows += list(_cut(samples, card.window_samples))[:share]
        elif _sounds(samples):
            short.append(samples)
        if sum(map(len, short)) >= card.window_samples:
            windows += _cut(np.concatenate(short), card.window_samples)
            short = []
    if not windows and short:
        rest = np.concatenate(short)
        windows = [np.pad(rest, (0, card.window_samples - len(rest)))[np.newaxis]]
    if not windows:
        raise DataError(
            f"the recordings to calibrate on are silent: {len(recordings)}, the first "
            f"{recordings[0]}, nowhere above {SILENCE_DBFS:.0f} dBFS",
            fix=_FIX,
        )
    return windows[:limit]


def _spread(recordings: Sequence[Path]) -> list[Path]:
    """In an order whose beginning is spread over all: folders list one label after another."""
    order = sorted(range(len(recordings)), key=lambda index: index * _GOLDEN_RATIO % 1.0)
    return [recordings[index] for index in order]


def _samples(path: Path, card: ModelCard) -> NDArray[np.float32]:
    try:
        return read_audio(path, card.sample_rate_hz)
    except AudioError as error:
        raise DataError(f"cannot calibrate: {error.problem}", fix=error.fix or _FIX) from error


def _cut(samples: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    """Whole windows with sound in them, `[1, size]` each."""
    for start in range(0, len(samples) - size + 1, size):
        part = samples[start : start + size]
        if _sounds(part):
            yield part[np.newaxis]


def _sounds(samples: NDArray[np.float32]) -> bool:
    return Window(start=0, samples=samples, valid=len(samples)).level_dbfs > SILENCE_DBFS
