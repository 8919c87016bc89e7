"""The temperature of the bundled model, from windows that models of the same recipe never saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datar_edge.audio.files import read_audio
from datar_edge.audio.windows import clip_windows, hop_in_samples
from datar_edge.data.negatives import read_negatives
from datar_edge.data.readers import open_dataset
from datar_edge.models.network import Network
from datar_edge.models.session import TorchSession
from datar_edge.report.calibration import (
    at_temperature,
    expected_calibration_error,
    fit_temperature,
)
from tools.bundled.runs import rounded

_HELD_NEGATIVES = 5
"""Fold of the negatives that no run with validation learns from."""


@dataclass(frozen=True)
class Windows:
    """Scores of held-out windows.

    Attributes:
        scores: `[N, labels]`.
        labels: class index `[N]`, -1 for negatives.
    """

    scores: NDArray[np.float64]
    labels: NDArray[np.int64]

    @property
    def targets(self) -> NDArray[np.float64]:
        """`[N, labels]`; a negative's is the same for every label."""
        count = self.scores.shape[1]
        known = np.eye(count)[np.maximum(self.labels, 0)]
        return np.where(self.labels[:, None] >= 0, known, 1.0 / count)

    def of_labels(self) -> Windows:
        """Without the negatives."""
        real = self.labels >= 0
        return Windows(self.scores[real], self.labels[real])


@dataclass(frozen=True)
class Calibration:
    """What it came to.

    Attributes:
        temperature: fitted to all folds.
        error_before: expected calibration error of labelled windows as they were.
        error_after: the same, each fold at the temperature that the others gave.
        windows: labelled windows.
    """

    temperature: float
    error_before: float
    error_after: float
    windows: int


def held_out_windows(folder: Path, data: str, fold: int, negatives: Path) -> Windows:
    """Scores of all windows of the fold and of the negatives that a run did not learn from.

    They are kept in the run's folder.
    """
    written = folder / "windows.npz"
    if not written.exists():
        clips = open_dataset(data, folds=(fold,)).clips
        clips += tuple(clip for clip in read_negatives(negatives) if clip.fold == _HELD_NEGATIVES)
        scores, labels = [], []
        with TorchSession(rounded(folder)) as session:
            card = session.card
            hop = hop_in_samples(card.hop_s, card.sample_rate_hz)
            for clip in clips:
                sound = read_audio(
                    clip.path,
                    card.sample_rate_hz,
                    start_s=clip.start_s,
                    duration_s=clip.duration_s,
                )
                label = card.index_of(clip.targets[card.main_head]) if clip.targets else -1
                for window in clip_windows(sound, window=card.window_samples, hop=hop):
                    scores.append(session.run(window.samples[np.newaxis])[card.main_head].ravel())
                    labels.append(label)
        np.savez(written, scores=np.array(scores, np.float64), labels=np.array(labels))
    with np.load(written) as kept:
        return Windows(kept["scores"], kept["labels"])


def calibrate(windows: Mapping[tuple[int, int], Windows]) -> Calibration:
    """Fits the temperature.

    Args:
        windows: by fold and seed.
    """
    labelled = {key: each.of_labels() for key, each in windows.items()}
    scaled = []
    for key, each in labelled.items():
        others = [one for other, one in windows.items() if other[0] != key[0]]
        scaled.append(at_temperature(each.scores, _fitted(others)))
    targets = np.concatenate([each.labels for each in labelled.values()])
    before = np.concatenate([each.scores for each in labelled.values()])
    return Calibration(
        temperature=_fitted(list(windows.values())),
        error_before=expected_calibration_error(before, targets),
        error_after=expected_calibration_error(np.concatenate(scaled), targets),
        windows=len(targets),
    )


def _fitted(windows: list[Windows]) -> float:
    scores = np.concatenate([each.scores for each in windows])
    return fit_temperature(scores, np.concatenate([each.targets for each in windows]))


@torch.no_grad()
def divide_logits(model: Network, temperature: float) -> None:
    """Has the heads give logits at a temperature, so that every exported file has it in it."""
    for head in model.heads:
        for parameter in head.parameters():
            parameter.div_(temperature)
