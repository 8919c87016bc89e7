"""Kaldi's fbank as one strided convolution, a square, a matrix product and a logarithm.

Removing the mean, pre-emphasis, the window, zero-padding and the Fourier transform are all linear
in the frame. Multiplied out they are one matrix `[frame_length, 2 * bins]`, so no FFT operator
reaches an exported graph (an `_fft_r2c` makes an ExecuTorch file that fails to load).
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


def frame_basis(config: FbankConfig, bins: Tensor) -> Tensor:
    """The linear part of the front-end for the given bins of the spectrum.

    Args:
        config: the front-end.
        bins: integer `[K]`, bins of the Fourier transform.

    Returns:
        float64 `[2 * K, frame_length]`: rows that give real, then imaginary parts.
    """
    length = config.frame_length_samples
    identity = torch.eye(length, dtype=torch.float64)
    remove_mean = identity - 1.0 / length
    delay = torch.diag(torch.ones(length - 1, dtype=torch.float64), -1)
    delay[0, 0] = 1.0  # Kaldi repeats the first sample in front of the frame
    emphasise = identity - config.preemphasis * delay
    window = torch.hann_window(length, periodic=False, dtype=torch.float64)
    # The angle is reduced in integers first: k·n exceeds what a cosine takes without loss.
    turns = torch.outer(bins, torch.arange(length)) % config.n_fft
    angle = turns.to(torch.float64) * (2.0 * math.pi / config.n_fft)
    fourier = torch.cat([torch.cos(angle), -torch.sin(angle)])
    return (fourier * window) @ emphasise @ remove_mean


class Fbank(nn.Module):
    """Log-mel spectrogram of a waveform, equal to `torchaudio.compliance.kaldi.fbank`.

    The reference's options are: `window_type="hanning"`, no dither, no energy, power spectrum,
    edges snipped. Everything is derived from the configuration, so the module has no state to
    save.

    Args:
        config: the front-end.
    """

    basis: Tensor
    filters: Tensor

    def __init__(self, config: FbankConfig) -> None:
        super().__init__()
        self.config = config
        filters = mel_filters(config)
        used = filters.sum(dim=0).nonzero().squeeze(1)
        basis = frame_basis(config, used)
        # Frames overlap; in blocks of the greatest common divisor of length and shift each frame
        # is a few neighbouring blocks, and the convolution has many channels and a short kernel,
        # which runtimes run far better than one channel and a kernel of 400.
        length, shift = config.frame_length_samples, config.frame_shift_samples
        self.block = math.gcd(length, shift)
        self.stride = shift // self.block
        basis = basis.reshape(len(basis), length // self.block, self.block).transpose(1, 2)
        # Power is re² + im²: the same filters over both halves add them up.
        filters = torch.cat([filters[:, used]] * 2, dim=1).unsqueeze(2)
        self.register_buffer("basis", basis.to(torch.float32).contiguous(), persistent=False)
        self.register_buffer("filters", filters.to(torch.float32), persistent=False)

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
        used = (frames - 1) * shift + length
        blocks = waveform[:, :used].reshape(-1, used // self.block, self.block).transpose(1, 2)
        spectrum = F.conv1d(blocks, self.basis, stride=self.stride)
        energies = F.conv1d(spectrum * spectrum, self.filters)
        return energies.clamp(min=FLOOR).log().transpose(1, 2)
