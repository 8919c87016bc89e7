"""Statistics of batch-norm for weights that were averaged."""

from __future__ import annotations

from itertools import chain, islice
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from datar_edge.models import Network
from datar_edge.train.loaders import StepSampler

_BATCHES = 1_000
"""Enough for any mean; a large set is not gone through for more."""


@torch.no_grad()
def reestimate_batch_norm(model: Network, loader: DataLoader[Any], passes: int = 4) -> None:
    """Computes the statistics of batch-norm again, for the weights that are kept.

    Those gathered while training belong to the weights of the last steps, not to their average.
    They are taken over augmented examples, as the weights were, at most 1,000 batches of them.

    Args:
        model: the network; nothing but its running means and variances changes.
        loader: training examples.
        passes: over the loader.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
        norm.train()
    batches = chain.from_iterable(_pass(loader, epoch) for epoch in range(passes if norms else 0))
    for log_mel, _targets in islice(batches, _BATCHES):
        model(log_mel.to(model.feature_mean.device))
    model.eval()


def _pass(loader: DataLoader[Any], epoch: int) -> DataLoader[Any]:
    if isinstance(loader.sampler, StepSampler):
        loader.sampler.set_epoch(epoch)
    return loader
