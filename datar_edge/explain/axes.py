"""From pixels of a feature map to seconds and hertz."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.config import FbankConfig

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelScale:
    """Where the pixels of a feature map lie in the network's input, in both directions alike.

    The place of a pixel is the middle of what the convolutions before it see.

    Attributes:
        step: input pixels (mel bins, frames) from one pixel to the next.
        offset: input pixel that pixel 0 lies on.
    """

    step: float = 1.0
    offset: float = 0.0

    def behind(self, *, kernel_size: int, stride: int, padding: int) -> PixelScale:
        """The scale of the map that a convolution makes of this one."""
        middle = (kernel_size - 1) / 2 - padding
        return PixelScale(step=self.step * stride, offset=self.offset + self.step * middle)

    def at(self, pixels: Array) -> Array:
        """Pixels of the map as pixels of the input, fractions included."""
        return self.step * pixels + self.offset


@dataclass(frozen=True, kw_only=True, slots=True)
class SpectrogramAxes:
    """Seconds and hertz of a log-mel spectrogram's pixels.

    Attributes:
        fbank: the front-end that made it.
        start_s: where its window starts in the sound.
    """

    fbank: FbankConfig
    start_s: float = 0.0

    @property
    def frame_s(self) -> float:
        """Seconds from one frame to the next."""
        return self.fbank.frame_shift_samples / self.fbank.sample_rate_hz

    def seconds(self, frames: Array) -> Array:
        """The middle of frames; fractions lie between, numbers outside the map are continued."""
        first = self.fbank.frame_length_samples / 2 / self.fbank.sample_rate_hz
        return self.start_s + first + frames * self.frame_s

    def hertz(self, bins: Array) -> Array:
        """The peak of mel filters; as for `seconds`, on the mel scale."""
        low, spacing = self._low_and_spacing_mel()
        hertz: Array = 700.0 * np.expm1((low + (bins + 1.0) * spacing) / 1127.0)
        return hertz

    def bins(self, hertz: Array) -> Array:
        """The mel filters, fractions included, that have their peaks at these frequencies."""
        low, spacing = self._low_and_spacing_mel()
        return (_mel(hertz) - low) / spacing - 1.0

    def _low_and_spacing_mel(self) -> tuple[float, float]:
        """The lower edge of the first filter, and the distance of the filters."""
        edges = np.array([self.fbank.low_freq_hz, self.fbank.upper_freq_hz])
        low, high = _mel(edges)
        return float(low), float(high - low) / (self.fbank.num_mel_bins + 1)


def _mel(hertz: Array) -> Array:
    mel: Array = 1127.0 * np.log1p(hertz / 700.0)
    return mel
