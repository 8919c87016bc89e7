"""The log-mel front-end's configuration; a runtime reads it from a model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datar_edge.config.checks import build, require


@dataclass(frozen=True, kw_only=True, slots=True)
class FbankConfig:
    """Parameters of the log-mel front-end: Kaldi's fbank with a Hann window, as AST uses it.

    Attributes:
        sample_rate_hz: rate of the waveform.
        num_mel_bins: triangular mel filters.
        window_s: length of one input window in seconds.
        num_frames: frames the model sees. The frames that fit in the window come first; the
            rest are the training mean (zero after normalisation), as AST pads 998 to 1,024.
        frame_length_ms: length of one frame.
        frame_shift_ms: distance between frames.
        low_freq_hz: lower edge of the first filter.
        high_freq_hz: upper edge of the last filter; 0 is half the sample rate.
        preemphasis: coefficient of the first difference, 0 for none.
    """

    sample_rate_hz: int = 16_000
    num_mel_bins: int = 128
    window_s: float = 10.0
    num_frames: int = 1_024
    frame_length_ms: float = 25.0
    frame_shift_ms: float = 10.0
    low_freq_hz: float = 20.0
    high_freq_hz: float = 0.0
    preemphasis: float = 0.97

    def __post_init__(self) -> None:
        rate = self.sample_rate_hz
        require(4_000 <= rate <= 192_000, "sample_rate_hz", rate, "4000 to 192000")
        require(self.num_mel_bins >= 1, "num_mel_bins", self.num_mel_bins, "1 or more")
        require(self.frame_shift_samples >= 1, "frame_shift_ms", self.frame_shift_ms, "above 0")
        require(
            self.frame_length_samples >= 2, "frame_length_ms", self.frame_length_ms, "2 samples up"
        )
        require(
            self.window_samples >= self.frame_length_samples,
            "window_s",
            self.window_s,
            f"at least one frame, {self.frame_length_ms} ms",
        )
        require(
            self.num_frames >= self.frames_in_window,
            "num_frames",
            self.num_frames,
            f"at least the {self.frames_in_window} frames of a window of {self.window_s} s",
        )
        require(0.0 <= self.preemphasis < 1.0, "preemphasis", self.preemphasis, "0 to below 1")
        require(
            0.0 <= self.low_freq_hz < self.upper_freq_hz <= rate / 2,
            "low_freq_hz, high_freq_hz",
            (self.low_freq_hz, self.high_freq_hz),
            f"0 <= low < high <= {rate / 2:g} (half the sample rate)",
        )

    @property
    def window_samples(self) -> int:
        """Samples of one input window."""
        return round(self.window_s * self.sample_rate_hz)

    @property
    def frame_length_samples(self) -> int:
        """Samples of one frame; Kaldi rounds down."""
        return int(self.sample_rate_hz * self.frame_length_ms * 0.001)

    @property
    def frame_shift_samples(self) -> int:
        """Samples between frames; Kaldi rounds down."""
        return int(self.sample_rate_hz * self.frame_shift_ms * 0.001)

    @property
    def n_fft(self) -> int:
        """The next power of two: Kaldi zero-pads a frame to it."""
        return 1 << (self.frame_length_samples - 1).bit_length()

    @property
    def frames_in_window(self) -> int:
        """Whole frames that fit in one window (Kaldi's snip_edges)."""
        return 1 + (self.window_samples - self.frame_length_samples) // self.frame_shift_samples

    @property
    def upper_freq_hz(self) -> float:
        """Upper edge of the last filter, with 0 resolved."""
        return self.high_freq_hz or self.sample_rate_hz / 2


def fbank_from_dict(data: Mapping[str, Any]) -> FbankConfig:
    """Reads a front-end configuration from plain data.

    Raises:
        ConfigError: a field is unknown, missing or out of its range.
    """
    return build(FbankConfig, data, "fbank")
