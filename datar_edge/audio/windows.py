"""Which windows of a stream exist, whatever the blocks it comes in.

Window k covers the samples from k·hop to k·hop + window. It exists as soon as all of them have
come. When the stream ends with samples that no window covers, one last window covers them and
is filled up with zeros.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datar_edge.errors import ConfigError

Samples = NDArray[np.float32]

SILENCE_DBFS = -70.0
"""Level below which a window is silence: a 16-bit recording's own noise is about -90 dBFS, and
what a microphone hears of a quiet room about -60."""


@dataclass(frozen=True)
class Window:
    """One window of a stream.

    Attributes:
        start: position of its first sample in the stream.
        samples: float32 `[window]`; a copy, yours to keep.
        valid: samples that came from the stream; the rest are zeros.
    """

    start: int
    samples: Samples
    valid: int


def hop_samples(hop_s: float, sample_rate_hz: int) -> int:
    """Samples between windows.

    Raises:
        ConfigError: the hop is not finite or is below one sample.
    """
    hop = round(hop_s * sample_rate_hz) if math.isfinite(hop_s) else 0
    if hop < 1:
        raise ConfigError(f"hop is {hop_s!r} s", fix="Allowed: a number of seconds above 0.")
    return hop


def level_dbfs(samples: Samples) -> float:
    """Root mean square of samples in decibels of full scale; -inf for digital silence."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


class Windower:
    """Cuts a stream into windows.

    It keeps at most one window of samples, in one array that is allocated once. Where samples
    were lost, `skip` keeps later positions right.

    Args:
        window: samples of one window.
        hop: samples between windows.
    """

    def __init__(self, window: int, hop: int) -> None:
        self._window = window
        self._hop = hop
        self._kept = np.zeros(window, dtype=np.float32)
        self._filled = 0
        self._next_start = 0
        self._position = 0
        self._covered = 0

    @property
    def position(self) -> int:
        """Samples of the stream so far, lost ones included."""
        return self._position

    def push(self, block: Samples) -> Iterator[Window]:
        """Takes `[n]` samples and gives the windows that they complete."""
        while len(block):
            ahead = self._next_start - self._position
            if ahead > 0:  # hop longer than the window: samples between windows
                used = min(ahead, len(block))
            else:
                used = min(self._window - self._filled, len(block))
                self._kept[self._filled : self._filled + used] = block[:used]
                self._filled += used
            self._position += used
            block = block[used:]
            if self._filled == self._window:
                yield self._take(self._window)

    def skip(self, lost: int) -> None:
        """Says that samples were lost: windows go on at the next hop after them.

        Args:
            lost: number of samples.
        """
        self._position += lost
        self._covered = self._position
        self._filled = 0
        self._next_start = -(-self._position // self._hop) * self._hop

    def finish(self) -> Iterator[Window]:
        """Ends the stream: gives the last window, filled up, if samples are left uncovered."""
        if self._filled and self._position > self._covered:
            self._kept[self._filled :] = 0.0
            yield self._take(self._filled)

    def _take(self, valid: int) -> Window:
        start = self._next_start
        window = Window(start, self._kept.copy(), valid)
        self._covered = start + valid
        self._next_start = start + self._hop
        keep = max(0, self._filled - self._hop)
        self._kept[:keep] = self._kept[self._filled - keep : self._filled].copy()
        self._filled = keep
        return window
