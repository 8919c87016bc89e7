"""The input adaptor of Eq. (5), and the perturbations that Table 4 compares it with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Laplace

from datar_edge.config import AdaptorConfig


class InputAdaptor(nn.Module):
    """Adds λ·(b + W * x) to the input x, `*` being a 2-D cross-correlation.

    With the kinds "gaussian" and "laplacian" it adds noise of that scale instead, while training
    only; with "none" it is the identity.

    Args:
        config: kind, scale and kernel size.
    """

    def __init__(self, config: AdaptorConfig) -> None:
        super().__init__()
        self.kind = config.kind
        self.scale = config.scale
        if config.kind == "learned":
            size = config.kernel_size
            self.conv = nn.Conv2d(1, 1, size, padding=size // 2)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """`[B, 1, mels, frames]` gives the same shape."""
        if self.kind == "learned":
            added: Tensor = self.conv(spectrogram)
            return spectrogram + self.scale * added
        if self.kind == "none" or not self.training:
            return spectrogram
        if self.kind == "gaussian":
            return spectrogram + self.scale * torch.randn_like(spectrogram)
        # Not by -sign(u) log(1 - 2|u|): once in 2^24 values |u| is a half, and that infinite.
        laplace = Laplace(spectrogram.new_zeros(()), self.scale)
        return spectrogram + laplace.sample(spectrogram.shape)
