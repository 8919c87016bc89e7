"""Kaldi's fbank in matrix products that make use of a frame's symmetry.

Of a frame's spectrum only the power is used, which does not tell where the frame begins; seen from
its middle, a cosine is even and a sine odd, as the window is even. So the first half of a frame
plus its second half, read backwards, gives the real part, and the difference gives the imaginary
part: each with half the products, and half the matrix, of a transform of the whole frame. No FFT
operator reaches an exported graph (an `_fft_r2c` makes an ExecuTorch file that fails to load).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.config import FbankConfig
from datar_edge.features.mel import mel_filters

# Kaldi floors the mel energies at float32's epsilon before the logarithm.
FLOOR = torch.finfo(torch.float32).eps
LOG_FLOOR = math.log(FLOOR)


def half_frame_basis(config: FbankConfig, bins: Tensor) -> tuple[Tensor, Tensor]:
    """Window and Fourier transform for the first half of a frame, seen from the frame's middle.

    Args:
        config: the front-end.
        bins: integer `[K]`, bins of the Fourier transform.

    Returns:
        float64 `[K, ceil(frame_length / 2)]` and `[K, floor(frame_length / 2)]`: rows that give
        the real part of the even half, and the imaginary part of the odd half, up to its sign.
    """
    length = config.frame_length_samples
    samples = torch.arange((length + 1) // 2)
    window = torch.hann_window(length, periodic=False, dtype=torch.float64)[: len(samples)]
    # In half samples from the middle, and reduced in integers first: k·n exceeds what a cosine
    # takes without loss.
    turns = torch.outer(bins, length - 1 - 2 * samples) % (2 * config.n_fft)
    angle = turns.to(torch.float64) * (math.pi / config.n_fft)
    weights = torch.ones_like(window)
    if length % 2:
        weights[-1] = 0.5  # the sample in the middle is added to itself
    real = torch.cos(angle) * window * weights
    imaginary = torch.sin(angle) * window
    return real, imaginary[:, : length // 2]


class Fbank(nn.Module):
    """Log-mel spectrogram of a waveform, equal to `torchaudio.compliance.kaldi.fbank`.

    The reference's options are: `window_type="hanning"`, no dither, no energy, power spectrum,
    edges snipped. Everything is derived from the configuration, so the module has no state to
    save.

    Args:
        config: the front-end.
    """

    real: Tensor
    imaginary: Tensor
    filters: Tensor
    flip: Tensor
    averages: Tensor

    def __init__(self, config: FbankConfig) -> None:
        super().__init__()
        self.config = config
        filters = mel_filters(config)
        used = filters.sum(dim=0).nonzero().squeeze(1)
        real, imaginary = half_frame_basis(config, used)
        # Frames are read from rows of one shift each; a frame's second half is read backwards, in
        # blocks of a row, by a product, as runtimes have no fast operator that reads backwards.
        self.block = _block(config.frame_shift_samples)
        flip = torch.eye(self.block).flip(0)
        self.register_buffer("real", real.float().contiguous(), persistent=False)
        self.register_buffer("imaginary", imaginary.float().contiguous(), persistent=False)
        self.register_buffer("filters", filters[:, used].float(), persistent=False)
        self.register_buffer("flip", flip, persistent=False)
        self.register_buffer("averages", _averages(config).float(), persistent=False)

    def num_frames(self, num_samples: int) -> int:
        """Whole frames in that many samples; 0 when there is not even one."""
        rest = num_samples - self.config.frame_length_samples
        return 0 if rest < 0 else 1 + rest // self.config.frame_shift_samples

    def forward(self, waveform: Tensor) -> Tensor:
        """Computes the log-mel spectrogram.

        Args:
            waveform: float32 `[B, samples]` in [-1, 1], at least one frame long.

        Returns:
            float32 `[B, frames, num_mel_bins]`, natural logarithm, at least `LOG_FLOOR`.
        """
        frames = self.num_frames(waveform.shape[-1])
        shift, length = self.config.frame_shift_samples, self.config.frame_length_samples
        samples = waveform[:, : (frames - 1) * shift + length]
        # The window is zero at the first sample of a frame, so that the one before it, which
        # Kaldi does not look at, does not matter.
        before = F.pad(samples[:, :-1], (1, 0))
        emphasised = samples - self.config.preemphasis * before
        half = (length + 1) // 2
        first = self._first_of_frames(self._rows(emphasised), frames, half)
        last = self._last_of_frames(self._rows(emphasised, from_the_end=True), frames, half)
        even = first + last - self._twice_the_mean(self._rows(samples), frames)
        odd = (first - last)[..., : length // 2]
        real, imaginary = F.linear(even, self.real), F.linear(odd, self.imaginary)
        energies = F.linear(real * real + imaginary * imaginary, self.filters)
        return energies.clamp(min=FLOOR).log()

    def _rows(self, samples: Tensor, *, from_the_end: bool = False) -> Tensor:
        """Rows of one shift, `[B, rows, shift]`: frame f begins row f, or ends a row."""
        shift = self.config.frame_shift_samples
        missing = -self.config.frame_length_samples % shift
        if missing:
            samples = F.pad(samples, (missing, 0) if from_the_end else (0, missing))
        return samples.reshape(-1, samples.shape[-1] // shift, shift)

    def _first_of_frames(self, rows: Tensor, frames: int, count: int) -> Tensor:
        """The first samples of each frame, `[B, frames, count]`."""
        shift = rows.shape[2]
        parts = [
            rows[:, row : row + frames, : min(shift, count - row * shift)]
            for row in range(-(-count // shift))
        ]
        return torch.cat(parts, dim=2)

    def _last_of_frames(self, rows: Tensor, frames: int, count: int) -> Tensor:
        """The last samples of each frame, the last one first, `[B, frames, count]`."""
        blocks = rows.reshape(*rows.shape[:2], rows.shape[2] // self.block, self.block)
        blocks = F.linear(blocks, self.flip)
        last_row = rows.shape[1] - frames
        parts = []
        for begin in range(0, count, self.block):
            row, column = divmod(begin // self.block, blocks.shape[2])
            there = slice(last_row - row, last_row - row + frames)
            size = min(self.block, count - begin)
            parts.append(blocks[:, there, blocks.shape[2] - 1 - column, :size])
        return torch.cat(parts, dim=2)

    def _twice_the_mean(self, rows: Tensor, frames: int) -> Tensor:
        """What a constant adds to the even half: `[B, frames, 1]` of samples in rows."""
        sums = F.linear(rows, self.averages)
        whole, rest = divmod(self.config.frame_length_samples, self.config.frame_shift_samples)
        parts = [sums[:, row : row + frames, :1] for row in range(whole)]
        if rest:
            parts.append(sums[:, whole : whole + frames, 1:])
        return sum(parts[1:], start=parts[0])


def _block(shift: int) -> int:
    """The smallest part of a row, in samples, of which four or fewer make it up."""
    return next(shift // parts for parts in (4, 3, 2, 1) if shift % parts == 0)


def _averages(config: FbankConfig) -> Tensor:
    """Weights of a row's samples, float64 `[2, shift]`: all of it, and where a frame ends in it.

    Of a constant, pre-emphasis leaves what its coefficient leaves of one; the even half adds it
    to itself.
    """
    length, shift = config.frame_length_samples, config.frame_shift_samples
    weight = 2.0 * (1.0 - config.preemphasis) / length
    weights = torch.full((2, shift), weight, dtype=torch.float64)
    weights[1, length % shift :] = 0.0
    return weights
