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


class WindowCutter:
    """Cuts a sound that comes in pieces; the pieces make no difference to the windows.

    Args:
        window: samples of one window.
        hop: samples from one window's start to the next's; more than `window` leaves gaps.
    """

    def __init__(self, *, window: int, hop: int) -> None:
        if window < 1 or hop < 1:
            raise ValueError(f"window ({window}) and hop ({hop}) must be 1 sample or more")
        self._window = window
        self._hop = hop
        self._ring = RingBuffer(window)
        self._next_start = 0
        self._covered = 0

    def push(self, samples: NDArray[np.float32]) -> Iterator[Window]:
        """Takes float32 `[n]` and yields the windows that are complete with it.

        The samples count as taken only when the iterator has been run to its end.
        """
        taken = 0
        while taken < len(samples):
            missing = self._next_start + self._window - self._ring.end
            part = samples[taken : taken + missing]
            self._ring.write(part)
            taken += len(part)
            if len(part) == missing:
                yield self._complete()

    def finish(self) -> Iterator[Window]:
        """The last, padded window, if the sound's end needs one."""
        end = self._ring.end
        if end > max(self._covered, self._next_start):
            valid = end - self._next_start
            sound = self._ring.copy(self._next_start, valid)
            yield Window(self._next_start, np.pad(sound, (0, self._window - valid)), valid)
            self._covered = end

    def _complete(self) -> Window:
        start = self._next_start
        self._next_start += self._hop
        self._covered = start + self._window
        return Window(start, self._ring.copy(start, self._window), self._window)


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
