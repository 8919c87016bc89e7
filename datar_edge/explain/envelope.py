"""The waveform of a long recording, small enough to draw."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

_STEPS_PER_S = 1_000


class Envelope:
    """Least and largest sample of each millisecond of a sound that comes in blocks.

    Args:
        sample_rate_hz: of the sound.

    Attributes:
        samples: taken so far.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.samples = 0
        self._step = max(1, sample_rate_hz // _STEPS_PER_S)
        self._rate_hz = sample_rate_hz
        self._bounds: list[NDArray[np.float32]] = []
        self._rest = np.empty(0, np.float32)

    def add(self, block: NDArray[np.float32]) -> None:
        """Takes the next float32 `[n]` of the sound."""
        self.samples += len(block)
        samples = np.concatenate([self._rest, block])
        whole = len(samples) - len(samples) % self._step
        self._rest = samples[whole:]
        self._bounds.append(_bounds(samples[:whole].reshape(-1, self._step)))

    def bounds(self, columns: int) -> tuple[Array, Array, Array]:
        """The envelope in that many columns at most.

        Returns:
            Start of each column in seconds, its least and its largest sample.
        """
        parts = [*self._bounds, *([_bounds(self._rest[None])] if len(self._rest) else [])]
        bounds = np.concatenate(parts)
        per_column = max(1, -(-len(bounds) // columns))
        starts = np.arange(0, len(bounds), per_column)
        low = np.minimum.reduceat(bounds[:, 0], starts)
        high = np.maximum.reduceat(bounds[:, 1], starts)
        return starts * self._step / self._rate_hz, low, high


def _bounds(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """`[n, samples]` gives `[n, 2]`."""
    return np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1)
