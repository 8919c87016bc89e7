"""The rule by which a sound is cut into windows, the same for files and for streams.

Window k covers the samples from k·hop to k·hop + window. It exists as soon as all its samples do.
When the sound ends and samples remain that no window has covered, one more window takes them,
padded with zeros. A sound of no samples has no windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.ring import RingBuffer
from datar_edge.errors import AudioError, ConfigError

MAX_HOP_S = 3_600.0

# Recordings are often padded with silence, which is no example of their label: a window this much
# quieter than the clip's loudest is left out.
QUIET_DB = 20.0


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of the sound, as long as the model's input.

    Attributes:
        start: position of its first sample in the sound.
        samples: float32 `[window_samples]`.
        valid: how many of them are sound; the rest are zeros after its end.
    """

    start: int
    samples: NDArray[np.float32]
    valid: int

    @property
    def level_dbfs(self) -> float:
        """RMS level of the sound without its mean, in dB of full scale; -inf for silence."""
        power = float(np.var(self.samples[: self.valid], dtype=np.float64))
        return float("-inf") if power == 0.0 else 10.0 * float(np.log10(power))


class WindowGrid:
    """Where the windows of one sound lie, by the rule of this module; it holds no samples.

    Args:
        window: samples of one window.
        hop: samples from one window's start to the next's; more than `window` leaves gaps.
        start: position of the sound's first sample.
    """

    def __init__(self, *, window: int, hop: int, start: int = 0) -> None:
        if window < 1 or hop < 1:
            raise ValueError(f"window ({window}) and hop ({hop}) must be 1 sample or more")
        self.window = window
        self.hop = hop
        self.next_start = start
        self.covered = start
        """End of the last window: what lies behind it no window has covered."""

    @property
    def next_end(self) -> int:
        """Position behind the last sample of the next window."""
        return self.next_start + self.window

    def advance(self) -> None:
        """The next window is passed."""
        self.covered = self.next_end
        self.next_start += self.hop

    def has_rest(self, end: int) -> bool:
        """Whether a sound that ends at `end` needs a last, padded window."""
        return end > max(self.covered, self.next_start)


class WindowCutter:
    """Cuts a sound that comes in pieces; the pieces make no difference to the windows.

    Args:
        window: samples of one window.
        hop: samples from one window's start to the next's; more than `window` leaves gaps.
    """

    def __init__(self, *, window: int, hop: int) -> None:
        self._grid = WindowGrid(window=window, hop=hop)
        self._ring = RingBuffer(window)

    def push(self, samples: NDArray[np.float32]) -> Iterator[Window]:
        """Takes float32 `[n]` and yields the windows that are complete with it.

        The samples count as taken only when the iterator has been run to its end.
        """
        taken = 0
        while taken < len(samples):
            missing = self._grid.next_end - self._ring.end
            part = samples[taken : taken + missing]
            self._ring.write(part)
            taken += len(part)
            if len(part) == missing:
                yield self._complete()

    def finish(self) -> Iterator[Window]:
        """The last, padded window, if the sound's end needs one."""
        end = self._ring.end
        if self._grid.has_rest(end):
            start, valid = self._grid.next_start, end - self._grid.next_start
            sound = self._ring.copy(start, valid)
            yield Window(start, np.pad(sound, (0, self._grid.window - valid)), valid)
            self._grid.covered = end

    def _complete(self) -> Window:
        start, window = self._grid.next_start, self._grid.window
        self._grid.advance()
        return Window(start, self._ring.copy(start, window), window)


def hop_in_samples(hop_s: float, sample_rate_hz: int) -> int:
    """A hop in seconds as whole samples.

    Raises:
        ConfigError: it is not above 0 s (at least one sample), or above `MAX_HOP_S`.
    """
    hop = round(hop_s * sample_rate_hz) if 0.0 < hop_s <= MAX_HOP_S else 0
    if hop < 1:
        raise ConfigError(
            f"the hop is {hop_s!r} s", fix=f"Allowed: above 0, up to {MAX_HOP_S:g} s."
        )
    return hop


def clip_windows(waveform: NDArray[np.float32], *, window: int, hop: int) -> list[Window]:
    """The windows that count: those within `QUIET_DB` of the loudest, by RMS.

    Args:
        waveform: float32 `[samples]`.
        window: samples of one window.
        hop: samples between their starts.

    Raises:
        AudioError: the waveform is empty.
    """
    cutter = WindowCutter(window=window, hop=hop)
    windows = [*cutter.push(waveform), *cutter.finish()]
    if not windows:
        raise AudioError("the clip has no samples", fix="Leave it out of the data set.")
    loudest = max(each.level_dbfs for each in windows)
    return [each for each in windows if each.level_dbfs >= loudest - QUIET_DB]
