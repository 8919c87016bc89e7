"""Statistics of batch-norm for weights that were averaged."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from datar_edge.models import Network
from datar_edge.train.loaders import StepSampler


@torch.no_grad()
def reestimate_batch_norm(model: Network, loader: DataLoader[Any], passes: int = 4) -> None:
    """Computes the statistics of batch-norm again, for the weights that are kept.

    Those gathered while training belong to the weights of the last steps, not to their average.
    They are taken over augmented examples, as the weights were.

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
    for epoch in range(passes if norms else 0):
        if isinstance(loader.sampler, StepSampler):
            loader.sampler.set_epoch(epoch)
        for log_mel, _targets in loader:
            model(log_mel.to(model.feature_mean.device))
    model.eval()
