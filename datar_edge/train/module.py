"""The Lightning module: loss, optimiser, schedule, validation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import lightning.pytorch as pl
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.models.network import Network
from datar_edge.train.config import TrainConfig
from datar_edge.train.metrics import top_k_accuracy

if TYPE_CHECKING:
    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from numpy.typing import NDArray

Batch = tuple[Tensor, dict[str, Tensor]]


def warmup_cosine(step: int, *, warmup_steps: int, total_steps: int) -> float:
    """Factor on the learning rate: a linear rise, then half a cosine to zero."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices and kernels decay; biases, norms and position tables do not."""
    decayed: list[nn.Parameter] = []
    plain: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_weight = parameter.ndim >= 2 and not name.endswith("bias_table")
        (decayed if is_weight else plain).append(parameter)
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]


class DatarModule(pl.LightningModule):
    """Trains a model on soft targets by cross-entropy, the sum over its heads.

    Args:
        model: the network.
        config: the recipe.
        total_steps: optimiser steps of the whole run.
        val_targets: class index `[clips]` of the validation clips, by head.
    """

    def __init__(
        self,
        model: Network,
        config: TrainConfig,
        *,
        total_steps: int,
        val_targets: Mapping[str, NDArray[np.int64]],
    ) -> None:
        super().__init__()
        self.model = model
        self.config = config
        self.total_steps = total_steps
        self.val_targets = val_targets
        self._val_scores: dict[str, list[Tensor]] = {}
        self._val_clips: list[Tensor] = []

    def on_train_batch_start(self, _batch: Batch, _batch_index: int) -> None:
        """Dropout and drop-path depend on seed and step alone, so that a resumed run is exact."""
        torch.manual_seed((self.config.seed << 32) + self.global_step)

    def training_step(self, batch: Batch, _batch_index: int) -> Tensor:
        """One step: `[B, frames, mels]` and soft targets to the loss."""
        log_mel, targets = batch
        logits = self.model(log_mel)
        losses = [
            F.cross_entropy(logits[h], targets[h], label_smoothing=self.config.label_smoothing)
            for h in logits
        ]
        loss = torch.stack(losses).sum()
        self.log("loss", loss, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _batch_index: int) -> None:
        """Collects the scores of windows."""
        log_mel, clips = batch
        for head, logits in self.model(log_mel).items():
            self._val_scores.setdefault(head, []).append(logits.softmax(dim=-1).cpu())
        self._val_clips.append(clips.cpu())

    def on_validation_epoch_end(self) -> None:
        """Logs the accuracy of clips: the mean of a clip's windows."""
        clips = torch.cat(self._val_clips).numpy()
        for head, parts in self._val_scores.items():
            scores = torch.cat(parts).double().numpy()
            totals = np.zeros((int(clips.max()) + 1, scores.shape[1]))
            np.add.at(totals, clips, scores)
            targets = self.val_targets[head][: len(totals)]
            for k in (1, 5):
                name = f"{head}_top{k}"
                self.log(name, top_k_accuracy(totals, targets, k), prog_bar=k == 1)
        self._val_scores.clear()
        self._val_clips.clear()

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW with warm-up and cosine, a step at a time."""
        config = self.config
        optimizer = torch.optim.AdamW(
            parameter_groups(self.model, config.weight_decay),
            lr=config.learning_rate,
            betas=config.betas,
        )
        warmup_steps = round(self.total_steps * config.warmup_epochs / config.epochs)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda step: warmup_cosine(
                step, warmup_steps=warmup_steps, total_steps=self.total_steps
            ),
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
