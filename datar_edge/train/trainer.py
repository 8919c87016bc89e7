"""Lightning's Trainer for a run: processes, precision, averaged weights, logs, checkpoints."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import (
    Callback,
    ModelCheckpoint,
    RichProgressBar,
    WeightAveraging,
)
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy, FSDPStrategy, Strategy
from torch.optim.swa_utils import get_ema_multi_avg_fn

from datar_edge.errors import ConfigError
from datar_edge.train.checkpoint_file import WholeCheckpointIO
from datar_edge.train.config import TrainConfig
from datar_edge.train.placement import Placement

_PRECISIONS = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
_LAST = "last"


class AveragedAtTheEnd(WeightAveraging):
    """Leaves the averaged weights in the model, also where there was nothing more to learn.

    A run that is stopped after its last epoch is resumed behind it. Lightning then trains no step,
    says no end of training, and would leave the weights that were averaged over.
    """

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Called whether or not a step was trained."""
        self.on_train_end(trainer, pl_module)


def make_trainer(
    config: TrainConfig, placement: Placement, output: Path, *, validates: bool
) -> pl.Trainer:
    """A trainer that writes `metrics/` and `checkpoints/last.ckpt` below `output`.

    Args:
        config: the recipe.
        placement: processes and precision.
        output: the run's folder.
        validates: whether there are clips to measure on.

    Raises:
        ConfigError: the strategy cannot train heads first.
    """
    shows_progress = sys.stderr.isatty()
    precision: Any = _PRECISIONS[placement.precision]
    return pl.Trainer(
        default_root_dir=output,
        max_epochs=config.epochs,
        accelerator="auto",
        devices=placement.devices,
        num_nodes=placement.nodes,
        strategy=_strategy(config, placement),
        precision=precision,
        use_distributed_sampler=False,  # ours keeps the examples of a step the same
        # PyTorch has it for GPUs only; on CPUs each process has statistics of its own.
        sync_batchnorm=placement.processes > 1 and torch.cuda.is_available(),
        accumulate_grad_batches=placement.accumulate,
        gradient_clip_val=config.gradient_clip,
        plugins=[WholeCheckpointIO()],
        check_val_every_n_epoch=min(config.val_every, config.epochs),
        limit_val_batches=None if validates else 0,
        num_sanity_val_steps=0,
        logger=_loggers(output),
        log_every_n_steps=1,
        enable_model_summary=False,
        enable_progress_bar=shows_progress,
        callbacks=_callbacks(config, placement, output, shows_progress=shows_progress),
    )


def _strategy(config: TrainConfig, placement: Placement) -> Strategy | str:
    if placement.processes == 1:
        return "auto"
    if placement.strategy == "ddp":
        return DDPStrategy(find_unused_parameters=config.head_epochs > 0)  # the frozen ones
    if config.head_epochs:
        raise ConfigError(
            f"head_epochs is {config.head_epochs!r} with the strategy 'fsdp'",
            fix="Take --strategy ddp, or --head-epochs 0.",
        )
    return FSDPStrategy()


def _loggers(output: Path) -> list[Logger]:
    loggers: list[Logger] = [CSVLogger(output, name="metrics")]
    if importlib.util.find_spec("tensorboardX") or importlib.util.find_spec("tensorboard"):
        loggers.append(TensorBoardLogger(output, name="tensorboard"))
    return loggers


def _callbacks(
    config: TrainConfig, placement: Placement, output: Path, *, shows_progress: bool
) -> list[Callback]:
    callbacks: list[Callback] = [
        ModelCheckpoint(
            dirpath=output / "checkpoints",
            filename=_LAST,
            save_last=False,
            save_top_k=1,
            enable_version_counter=False,
            save_on_train_epoch_end=True,
        )
    ]
    if placement.strategy == "ddp":  # the average needs the whole model in each process
        # Lightning's own average rounds, so that weights that stay would drift; torch's does not.
        average = get_ema_multi_avg_fn(config.ema_decay)  # type: ignore[no-untyped-call]
        callbacks.insert(0, AveragedAtTheEnd(use_buffers=False, multi_avg_fn=average))
    if shows_progress:
        callbacks.append(RichProgressBar(console_kwargs={"stderr": True}))
    return callbacks


@contextlib.contextmanager
def advice_ignored() -> Iterator[None]:
    """Keeps Lightning's advice and its own use of what torch deprecates off the terminal."""
    with warnings.catch_warnings():
        for message in (
            ".*does not have many workers",
            ".*but have no `val_dataloader`",
            "Checkpoint directory .* is not empty",
            ".*isinstance\\(treespec, LeafSpec\\)",
            ".*tensorboardX",
            ".*find_unused_parameters=True was specified",  # true of the epochs after the heads'
            # Of what is frozen on purpose.
            ".*module\\(s\\) in eval mode at the start of training",
        ):
            warnings.filterwarnings("ignore", message=message)
        yield
