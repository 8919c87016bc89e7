"""Kaldi's triangular mel filters, in double precision."""

from __future__ import annotations

import torch
from torch import Tensor

from datar_edge.config import FbankConfig


def _mel(frequency_hz: Tensor) -> Tensor:
    return 1127.0 * torch.log1p(frequency_hz / 700.0)


def mel_filters(config: FbankConfig) -> Tensor:
    """Weights of the filters over the bins of the power spectrum.

    Args:
        config: the front-end.

    Returns:
        float64 `[num_mel_bins, n_fft / 2]`. As in Kaldi, triangles are straight on the mel scale,
        and the bin at half the sample rate belongs to none.
    """
    edges = _mel(torch.tensor([config.low_freq_hz, config.upper_freq_hz], dtype=torch.float64))
    low, high = edges.tolist()
    points = torch.linspace(low, high, config.num_mel_bins + 2, dtype=torch.float64).unsqueeze(1)
    left, centre, right = points[:-2], points[1:-1], points[2:]
    bin_width_hz = config.sample_rate_hz / config.n_fft
    bins = _mel(torch.arange(config.n_fft // 2, dtype=torch.float64) * bin_width_hz).unsqueeze(0)
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    return torch.minimum(rising, falling).clamp(min=0.0)
