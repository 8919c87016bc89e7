"""One training run in one folder: set up, train or resume, write the checkpoint."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import logging
import math
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint, RichProgressBar
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor
from torch.utils.data import DataLoader, default_collate

from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.data.spectrograms import (
    ClipWindows,
    EpochSampler,
    SpectrogramSet,
    TrainingExamples,
    load_spectrograms,
)
from datar_edge.errors import ConfigError
from datar_edge.models import Checkpoint, Network, build, save_checkpoint
from datar_edge.presets import preset
from datar_edge.train.batch_norm import reestimate_batch_norm
from datar_edge.train.config import TrainConfig
from datar_edge.train.module import DatarModule

_log = logging.getLogger(__name__)

CHECKPOINT_NAME = "model.safetensors"
CONFIG_NAME = "config.json"
RESUME_NAME = "checkpoints/last.ckpt"
_VAL_BATCH = 64


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a run came to.

    Attributes:
        checkpoint: the file with the averaged weights.
        epochs: epochs trained.
        metrics: last validation, `class_top1` and so on, 0 to 1; empty without validation clips.
    """

    checkpoint: Path
    epochs: int
    metrics: Mapping[str, float]


def train(
    config: TrainConfig,
    *,
    train_clips: ClipSet,
    val_clips: ClipSet | None,
    output: Path,
    resume: bool = False,
    progress: Callable[[Sequence[Clip]], Iterator[Clip]] = iter,
) -> TrainResult:
    """Trains a model and writes everything of the run into one folder.

    Args:
        config: the run.
        train_clips: what to learn from.
        val_clips: what to measure on; None for none.
        output: the run's folder: `config.json`, `metrics/`, `checkpoints/last.ckpt`, and at the end
            `model.safetensors`.
        resume: go on from `last.ckpt`; from the start where the run was stopped before its
            first.
        progress: wraps the reading of clips in a bar.

    Raises:
        ConfigError: the folder holds another run, or there is nothing to resume.
        DataError: not one clip could be read.
    """
    last = _prepare_folder(output, config, resume=resume)
    logging.getLogger("lightning.pytorch").setLevel(_log.getEffectiveLevel())
    pl.seed_everything(config.seed, verbose=False)
    model_config = preset(config.preset)
    train_set = load_spectrograms(train_clips, model_config.fbank, progress=progress)
    val_set = val_clips and load_spectrograms(val_clips, model_config.fbank, progress=progress)
    for problem in train_set.unreadable + (val_set.unreadable if val_set else ()):
        _log.warning("left out: %s", problem)
    model = build(model_config, heads={head: len(ls) for head, ls in train_set.heads.items()})
    mean, std = train_set.normalisation()
    model.set_normalisation(mean, std)
    loader = _train_loader(train_set, config, model, mean)
    module = DatarModule(
        model,
        config,
        total_steps=len(loader) * config.epochs,
        val_targets=val_set.targets if val_set else {},
    )
    validation = _val_loader(val_set, model) if val_set else None
    trainer = _trainer(config, output, validates=validation is not None)
    with _advice_ignored():
        trainer.fit(
            module,
            loader,
            validation,
            ckpt_path=last,
            weights_only=False if last else None,  # the run's own file, not a stranger's
        )
    reestimate_batch_norm(model, loader)
    if validation is not None:
        with _advice_ignored():
            trainer.validate(module, validation, verbose=False)
    metrics = {
        name: float(value) for name, value in trainer.callback_metrics.items() if "_top" in name
    }
    checkpoint = Checkpoint(
        model=model.eval(),
        heads=train_set.heads,
        provenance=_provenance(config, train_clips, len(train_set.clips), metrics),
    )
    save_checkpoint(output / CHECKPOINT_NAME, checkpoint)
    return TrainResult(checkpoint=output / CHECKPOINT_NAME, epochs=config.epochs, metrics=metrics)


@contextlib.contextmanager
def _advice_ignored() -> Iterator[None]:
    """Keeps Lightning's advice and its own use of what torch deprecates off the terminal."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers")
        warnings.filterwarnings("ignore", message=".*but have no `val_dataloader`")
        warnings.filterwarnings("ignore", message="Checkpoint directory .* is not empty")
        warnings.filterwarnings("ignore", message=".*isinstance\\(treespec, LeafSpec\\)")
        yield


def _prepare_folder(output: Path, config: TrainConfig, *, resume: bool) -> Path | None:
    """Makes the run's folder, or finds the checkpoint to go on from; None before there is one."""
    written, checkpoint = output / CONFIG_NAME, output / RESUME_NAME
    if not resume:
        if written.exists():
            raise ConfigError(
                f"{output} holds a run already",
                fix="Choose another --output, go on with --resume, or start over with --force.",
            )
        output.mkdir(parents=True, exist_ok=True)
        written.write_text(config.to_json(), encoding="utf-8")
        return None
    if not written.is_file():
        raise ConfigError(f"{output} holds no run to resume", fix="Train without --resume.")
    if TrainConfig.from_json(written.read_text(encoding="utf-8")) != config:
        raise ConfigError(
            f"{written} differs from the options given",
            fix="Resume with the options the run was started with, or choose another --output.",
        )
    return checkpoint if checkpoint.is_file() else None


def _collate(
    examples: list[tuple[Tensor, dict[str, Tensor]]],
) -> tuple[Tensor, dict[str, Tensor]]:
    batch: tuple[Tensor, dict[str, Tensor]] = default_collate(examples)
    return batch


def _train_loader(
    clips: SpectrogramSet, config: TrainConfig, model: Network, mean: float
) -> DataLoader[Any]:
    examples = TrainingExamples(
        clips,
        frames=model.config.fbank.frames_in_window,
        config=config.augment,
        mean=mean,
        seed=config.seed,
    )
    sampler = EpochSampler(len(examples), config.seed)
    batch_size = min(config.batch_size, len(examples))
    return DataLoader(
        examples, batch_size=batch_size, sampler=sampler, collate_fn=_collate, drop_last=True
    )


def _val_loader(clips: SpectrogramSet, model: Network) -> DataLoader[Any]:
    fbank = model.config.fbank
    hop_frames = math.ceil(fbank.frames_in_window / 2)
    windows = ClipWindows(clips, frames=fbank.frames_in_window, hop_frames=hop_frames)
    return DataLoader(windows, batch_size=_VAL_BATCH)


def _trainer(config: TrainConfig, output: Path, *, validates: bool) -> pl.Trainer:
    shows_progress = sys.stderr.isatty()
    return pl.Trainer(
        default_root_dir=output,
        max_epochs=config.epochs,
        accelerator="auto",
        devices=1,
        gradient_clip_val=config.gradient_clip,
        check_val_every_n_epoch=min(config.val_every, config.epochs),
        limit_val_batches=None if validates else 0,
        num_sanity_val_steps=0,
        logger=CSVLogger(output, name="metrics"),
        log_every_n_steps=1,
        enable_model_summary=False,
        enable_progress_bar=shows_progress,
        callbacks=[
            EMAWeightAveraging(decay=config.ema_decay, use_buffers=False),
            ModelCheckpoint(
                dirpath=output / "checkpoints",
                filename="last",
                save_last=False,
                save_top_k=1,
                enable_version_counter=False,
                save_on_train_epoch_end=True,
            ),
            *([RichProgressBar(console_kwargs={"stderr": True})] if shows_progress else []),
        ],
    )


def _provenance(
    config: TrainConfig, clips: ClipSet, count: int, metrics: Mapping[str, float]
) -> dict[str, str]:
    return {
        "data": clips.name,
        "data_licence": clips.licence,
        "data_attribution": clips.attribution,
        "clips": str(count),
        "folds": ",".join(map(str, config.folds)) or "all",
        # Where the data lay is nobody's business who gets the file.
        "recipe": dataclasses.replace(config, data=config.data.partition(":")[0]).to_json(),
        "validation": ", ".join(f"{name} {value:.4f}" for name, value in sorted(metrics.items())),
        "datar_edge": importlib.metadata.version("datar-edge"),
        "torch": str(torch.__version__),
    }
