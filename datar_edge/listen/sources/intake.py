"""What every stream of raw sound goes through: one channel, gain, finite samples, the rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.resample import Resampler
from datar_edge.errors import ConfigError, DeviceError

MAX_GAIN_DB = 60.0
MIN_RATE_HZ = 1_000
MAX_RATE_HZ = 768_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """How sound of several channels becomes mono.

    Attributes:
        channel: number of the channel that is heard, from 1; None for the mean of all.
        gain_db: amplification, -60 to 60 dB.

    Raises:
        ConfigError: a value is out of its range.
    """

    channel: int | None = None
    gain_db: float = 0.0

    def __post_init__(self) -> None:
        if self.channel is not None and self.channel < 1:
            raise ConfigError(f"the channel is {self.channel}", fix="Channels count from 1.")
        if not -MAX_GAIN_DB <= self.gain_db <= MAX_GAIN_DB:
            raise ConfigError(
                f"the gain is {self.gain_db!r} dB",
                fix=f"Allowed: {-MAX_GAIN_DB:g} to {MAX_GAIN_DB:g}.",
            )

    @property
    def _gain(self) -> float:
        return float(10.0 ** (self.gain_db / 20.0))

    def check(self, channels: int, *, name: str) -> None:
        """Refuses a channel that the source does not have.

        Raises:
            DeviceError: the source has fewer channels.
        """
        if self.channel is not None and self.channel > channels:
            raise DeviceError(
                f"channel {self.channel} is not there: {name} has {channels}",
                fix=f"Allowed: 1 to {channels}.",
            )

    def mono(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Float32 `[n]` of float32 `[n, channels]`."""
        if self.channel is not None:
            mono = np.ascontiguousarray(frames[:, self.channel - 1])
        elif frames.shape[1] == 1:
            mono = np.ascontiguousarray(frames[:, 0])
        else:
            mono = frames.mean(axis=1, dtype=np.float32)
        return mono if self.gain_db == 0.0 else np.multiply(mono, self._gain, dtype=np.float32)


def checked_rate(rate_hz: float, *, name: str) -> int:
    """A sample rate as whole Hz.

    Raises:
        DeviceError: it is no rate of sound.
    """
    if not (math.isfinite(rate_hz) and MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ):
        raise DeviceError(
            f"{name} has a sample rate of {rate_hz!r} Hz",
            fix=f"Allowed: {MIN_RATE_HZ} to {MAX_RATE_HZ}.",
        )
    return round(rate_hz)


class FiniteResampler:
    """Resamples one stretch of sound; samples that are no finite numbers count as 0.

    Args:
        from_hz: rate of what is pushed.
        to_hz: rate of what is returned.
    """

    def __init__(self, *, from_hz: int, to_hz: int) -> None:
        self.replaced = 0
        """Samples so far that were not finite."""
        self._resampler = Resampler(from_hz=from_hz, to_hz=to_hz)

    def push(self, mono: NDArray[np.float32]) -> NDArray[np.float32]:
        """Takes float32 `[n]`, gives float32 `[m]`; m may be 0."""
        finite = np.isfinite(mono)
        if not finite.all():
            self.replaced += int(len(mono) - finite.sum())
            mono = np.where(finite, mono, np.float32(0.0))
        return self._resampler.push(mono)

    def end(self) -> NDArray[np.float32]:
        """What was held back."""
        return self._resampler.push(np.empty(0, np.float32), last=True)
