"""Counts what a model holds and does."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from datar_edge.models.network import Network


@dataclass(frozen=True, kw_only=True, slots=True)
class PartCount:
    """One part of a model.

    Attributes:
        name: of the module in the model, such as "stages.2".
        parameters: learnt values.
        macs: multiply-accumulates of one window.
    """

    name: str
    parameters: int
    macs: int


def count_parameters(model: nn.Module) -> int:
    """Learnt values."""
    return sum(parameter.numel() for parameter in model.parameters())


def count_macs(model: Network) -> int:
    """Multiply-accumulates of one window by PyTorch's flop counter, front-end left out."""
    return int(_counted(model, depth=1).get_total_flops()) // 2


def count_parts(model: Network) -> list[PartCount]:
    """The parts in the order of the model; what has stages or blocks is told by each of them."""
    counts = _counted(model, depth=3).get_flop_counts()
    root = type(model).__name__
    parts = []
    for name, module in _parts(model):
        macs = sum(counts.get(f"{root}.{name}", {}).values()) // 2
        parts.append(PartCount(name=name, parameters=count_parameters(module), macs=macs))
    return parts


def _parts(model: Network) -> list[tuple[str, nn.Module]]:
    parts: list[tuple[str, nn.Module]] = []
    for name, child in model.named_children():
        if isinstance(child, nn.ModuleList):
            parts += [(f"{name}.{index}", part) for index, part in enumerate(child)]
        else:
            parts.append((name, child))
    return [(name, part) for name, part in parts if count_parameters(part)]


def _counted(model: Network, *, depth: int) -> FlopCounterMode:
    fbank = model.config.fbank
    log_mel = torch.zeros(1, fbank.frames_in_window, fbank.num_mel_bins)
    counter = FlopCounterMode(display=False, depth=depth)
    with torch.no_grad(), counter:
        model.eval()(log_mel)
    return counter
