"""The Lightning module: loss, optimiser, validation."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import lightning.pytorch as pl
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from datar_edge.errors import ConfigError
from datar_edge.models.network import Network
from datar_edge.train.body import set_body_frozen
from datar_edge.train.config import TrainConfig
from datar_edge.train.metrics import accuracies, all_heads_accuracy
from datar_edge.train.optimizer import parameter_groups, warmup_cosine

if TYPE_CHECKING:
    from lightning.pytorch.utilities.types import OptimizerLRScheduler
    from numpy.typing import NDArray

Batch = tuple[Tensor, dict[str, Tensor]]


class DatarModule(pl.LightningModule):
    """Trains a model on soft targets by cross-entropy, the sum over its heads.

    Args:
        model: the network.
        config: the recipe.
        total_steps: optimiser steps of the whole run.
        val_targets: class index `[clips]` of the validation clips, by head; `NO_LABEL` for
            negatives.
        parts: batches that a process makes of its share of a step.
    """

    def __init__(
        self,
        model: Network,
        config: TrainConfig,
        *,
        total_steps: int,
        val_targets: Mapping[str, NDArray[np.int64]],
        parts: int = 1,
    ) -> None:
        super().__init__()
        self.model = model
        self.config = config
        self.total_steps = total_steps
        self.val_targets = val_targets
        self._parts = parts
        self._val_totals: dict[str, Tensor] = {}

    def on_train_epoch_start(self) -> None:
        """Heads first; said anew each epoch, as a resumed run starts in any of them."""
        set_body_frozen(self.model, frozen=self.current_epoch < self.config.head_epochs)

    def on_train_batch_start(self, _batch: Batch, batch_index: int) -> None:
        """Dropout and drop-path depend on seed and step alone, so that a resumed run is exact."""
        part = self.global_rank * self._parts + batch_index % self._parts
        torch.manual_seed((self.config.seed << 40) + (self.global_step << 12) + part)

    def training_step(self, batch: Batch, _batch_index: int) -> Tensor:
        """One step: `[B, frames, mels]` and soft targets to the loss."""
        log_mel, targets = batch
        logits = self.model(log_mel)
        losses = [
            F.cross_entropy(logits[h], targets[h], label_smoothing=self.config.label_smoothing)
            for h in logits
        ]
        loss = torch.stack(losses).sum()
        self.log("loss", loss, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        return loss

    def on_train_epoch_end(self) -> None:
        """Stops where nothing is learnt any more, before the epoch's checkpoint is written.

        Raises:
            ConfigError: the loss is not finite.
        """
        loss = float(self.trainer.callback_metrics["loss"])
        if not math.isfinite(loss):
            raise ConfigError(
                f"the loss is {loss} in epoch {self.current_epoch + 1}, with a learning rate of "
                f"{self.config.learning_rate:g}",
                fix="Train again with a lower one.",
            )

    def validation_step(self, batch: tuple[Tensor, Tensor], _batch_index: int) -> None:
        """Adds the scores of windows to those of their clips; a clip below 0 is padding."""
        log_mel, clips = batch
        real = clips >= 0
        for head, logits in self.model(log_mel).items():
            scores = logits.softmax(dim=-1).double()[real]
            if head not in self._val_totals:
                size = (len(self.val_targets[head]), scores.shape[1])
                self._val_totals[head] = scores.new_zeros(size)
            self._val_totals[head].index_add_(0, clips[real], scores)

    def on_validation_epoch_end(self) -> None:
        """Logs the accuracy of clips, the mean of a clip's windows, over all processes."""
        right = []
        for head, totals in self._val_totals.items():
            summed: Tensor = self.trainer.strategy.reduce(totals, reduce_op="sum")
            scores, targets = summed.cpu().numpy(), self.val_targets[head]
            right.append((scores, targets))
            for name, share in accuracies(head, scores, targets).items():
                self.log(name, share, prog_bar=not name.endswith("_top5"))
        if len(right) > 1:
            self.log("all_heads_top1", all_heads_accuracy(right), prog_bar=True)
        self._val_totals.clear()

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW with warm-up and cosine, a step at a time."""
        config = self.config
        groups = parameter_groups(
            self.model,
            weight_decay=config.weight_decay,
            learning_rate=config.learning_rate,
            layer_decay=config.layer_decay,
            heads_apart=config.head_epochs > 0,
        )
        optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas)
        epoch_steps = self.total_steps / config.epochs
        factors: list[Callable[[int], float]] = [
            functools.partial(
                warmup_cosine,
                warmup_steps=round(epoch_steps * config.warmup_epochs),
                total_steps=self.total_steps,
                # What is frozen at first warms up when it is let go.
                first_step=0 if group["heads"] else round(epoch_steps * config.head_epochs),
            )
            for group in groups
        ]
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factors)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
