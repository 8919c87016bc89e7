"""How loud a sound is, and whether a recorder is muted or overdriven."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_FULL_SCALE = 0.999
_CLIPPED_RUN = 3
"""So many samples in a row at full scale are no peak of a wave, but its top cut off."""


def dbfs(amplitude: float) -> float:
    """An amplitude in dB of full scale; -inf for 0."""
    return 20.0 * math.log10(amplitude) if amplitude > 0.0 else float("-inf")


class LevelMeter:
    """Measures a sound that comes in blocks."""

    def __init__(self) -> None:
        self.samples = 0
        self.clipped = 0
        """Samples in runs at full scale."""
        self._peak = 0.0
        self._square_sum = 0.0
        self._sum = 0.0
        self._run = 0

    @property
    def peak_dbfs(self) -> float:
        """The largest sample."""
        return dbfs(self._peak)

    @property
    def rms_dbfs(self) -> float:
        """The RMS level without the mean, as that of a window."""
        if not self.samples:
            return float("-inf")
        mean = self._sum / self.samples
        return dbfs(math.sqrt(max(0.0, self._square_sum / self.samples - mean * mean)))

    def push(self, samples: NDArray[np.float32]) -> None:
        """Takes float32 `[n]`."""
        if not len(samples):
            return
        exact = samples.astype(np.float64)
        self.samples += len(samples)
        self._peak = max(self._peak, float(np.abs(exact).max()))
        self._square_sum += float(np.square(exact).sum())
        self._sum += float(exact.sum())
        self._count_clipped(np.abs(exact) >= _FULL_SCALE)

    def _count_clipped(self, full: NDArray[np.bool_]) -> None:
        for length, at_full in _runs(full):
            before, self._run = self._run, self._run + length if at_full else 0
            if self._run >= _CLIPPED_RUN:
                self.clipped += length if before >= _CLIPPED_RUN else self._run


def _runs(values: NDArray[np.bool_]) -> list[tuple[int, bool]]:
    """Length and value of each run of equal values."""
    edges = np.flatnonzero(np.diff(values)) + 1
    return [(len(run), bool(run[0])) for run in np.split(values, edges)]
