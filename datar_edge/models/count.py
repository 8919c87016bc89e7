"""Counts what a model holds and does."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from datar_edge.models.network import Network


def count_parameters(model: Network) -> int:
    """Learnt values."""
    return sum(parameter.numel() for parameter in model.parameters())


def count_macs(model: Network) -> int:
    """Multiply-accumulates of one window by PyTorch's flop counter, front-end left out."""
    fbank = model.config.fbank
    log_mel = torch.zeros(1, fbank.frames_in_window, fbank.num_mel_bins)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model.eval()(log_mel)
    return int(counter.get_total_flops()) // 2
