"""The last seconds of what was heard, for recordings of events."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.ring import RingBuffer


class History:
    """The newest sound; one thread may write while others read.

    Seconds count from the start of listening. Sound that was lost reads as zeros.

    Args:
        seconds: how much is kept.
        sample_rate_hz: of the samples.
    """

    def __init__(self, *, seconds: float, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._ring = RingBuffer(max(1, round(seconds * sample_rate_hz)))
        self._lock = threading.Lock()

    @property
    def begin_s(self) -> float:
        """When the oldest sound that is kept was heard."""
        with self._lock:
            return self._ring.begin / self.sample_rate_hz

    @property
    def end_s(self) -> float:
        """When the newest sound was heard."""
        with self._lock:
            return self._ring.end / self.sample_rate_hz

    def write(self, samples: NDArray[np.float32]) -> None:
        """Appends float32 `[n]`."""
        with self._lock:
            self._ring.write(samples)

    def skip(self, count: int) -> None:
        """Goes on by samples that were lost."""
        with self._lock:
            self._ring.skip(count)

    def read(self, start_s: float, end_s: float) -> NDArray[np.float32]:
        """A copy of the sound between two times.

        Args:
            start_s: its start; what is older than `begin_s` is left out.
            end_s: its end; what lies behind `end_s` is left out.

        Returns:
            float32 `[n]`, the end of what was asked for where its start is gone; n may be 0.
        """
        with self._lock:
            start = max(round(start_s * self.sample_rate_hz), self._ring.begin)
            end = min(round(end_s * self.sample_rate_hz), self._ring.end)
            return self._ring.copy(start, end - start) if start < end else np.empty(0, np.float32)
