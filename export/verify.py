"""A written file against the float model, on real sound, before it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import read_audio
from datar_edge.card import ModelCard
from datar_edge.errors import VerificationError
from datar_edge.runtime import Session

MAX_SCORE_DIFF = 1e-4
"""Largest difference of a score from the float model's that an unquantized file may have.

Scores lie in [0, 1]; float32 sums of a few thousand terms in another order differ by about 1e-6,
and a wrong operator shows as 1e-2 and more.
"""


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How near a file is to the float model.

    Attributes:
        windows: windows compared.
        max_abs_score_diff: largest difference of any score.
        top1_agreement: share of windows with the same best label, 0 to 1, the worst head's.
    """

    windows: int
    max_abs_score_diff: float
    top1_agreement: float


def recording_windows(paths: Sequence[Path], card: ModelCard) -> Iterator[NDArray[np.float32]]:
    """Back-to-back windows of recordings, the last padded: `[1, window_samples]` each."""
    size = card.window_samples
    for path in paths:
        waveform = read_audio(path, card.sample_rate_hz)
        for start in range(0, len(waveform), size):
            part = waveform[start : start + size]
            yield np.pad(part, (0, size - len(part)))[np.newaxis]


def edge_windows(card: ModelCard) -> Iterator[NDArray[np.float32]]:
    """Silence, a click and full scale: what recordings seldom hold and devices do."""
    size = card.window_samples
    yield np.zeros((1, size), np.float32)
    click = np.zeros((1, size), np.float32)
    click[0, size // 2] = 1.0
    yield click
    half_period = max(1, card.sample_rate_hz // 880)
    square = np.where(np.arange(size) // half_period % 2 == 0, 1.0, -1.0)
    yield square.astype(np.float32)[np.newaxis]


def compare(
    artifact: Session, reference: Session, windows: Iterable[NDArray[np.float32]]
) -> Parity:
    """Runs both on the same windows.

    Args:
        artifact: the written file.
        reference: the float model.
        windows: float32 `[1, window_samples]` each.

    Raises:
        VerificationError: a score is not finite, or there is no window.
    """
    largest, count = 0.0, 0
    agreeing = dict.fromkeys(reference.card.heads, 0)
    for window in windows:
        ours, theirs = artifact.run(window), reference.run(window)
        for head, expected in theirs.items():
            if not np.isfinite(ours[head]).all():
                raise VerificationError("the exported file gives scores that are not finite")
            largest = max(largest, float(np.abs(ours[head] - expected).max()))
            agreeing[head] += int(ours[head].argmax() == expected.argmax())
        count += 1
    if not count:
        raise VerificationError("there is no sound to compare the exported file on")
    return Parity(
        windows=count,
        max_abs_score_diff=largest,
        top1_agreement=min(agreeing.values()) / count,
    )
