"""One training run in one folder: set up, train or resume, write the checkpoint."""

from __future__ import annotations

import functools
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl

from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.data.spectrograms import SpectrogramSet, load_spectrograms
from datar_edge.errors import ConfigError
from datar_edge.models import Checkpoint, Network, build, save_checkpoint
from datar_edge.train.batch_norm import reestimate_batch_norm
from datar_edge.train.config import TrainConfig
from datar_edge.train.loaders import train_loader, val_loader
from datar_edge.train.metrics import METRICS
from datar_edge.train.module import DatarModule
from datar_edge.train.negatives import with_negatives
from datar_edge.train.placement import Placement, process_number
from datar_edge.train.provenance import provenance
from datar_edge.train.start import Start, open_start, take_weights
from datar_edge.train.trainer import advice_ignored, make_trainer

_log = logging.getLogger(__name__)

CHECKPOINT_NAME = "model.safetensors"
CONFIG_NAME = "config.json"
SPECTROGRAMS_NAME = "spectrograms"
RESUME_NAME = "checkpoints/last.ckpt"
LEFT_OUT_NAME = "left-out.txt"


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a run came to.

    Attributes:
        checkpoint: the file with the averaged weights.
        epochs: epochs trained.
        metrics: last validation, `class_top1` and so on, 0 to 1 (see `metrics.accuracies`); empty
            without validation clips.
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
    force: bool = False,
    placement: Placement | None = None,
    start: str | Path | None = None,
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
        force: clear a run that the folder holds, once all else is known to be in order.
        placement: processes, precision, workers; None for one process of this machine. With
            several, this is called in each of them.
        start: checkpoint to take weights from, or "bundled"; heads with other labels are new.
        progress: wraps the reading of clips in a bar.

    Raises:
        ConfigError: the folder holds another run, or there is nothing to resume.
        ModelFileError: `start` is no checkpoint, or of another model.
        DataError: not one clip could be read, or negatives cannot be used.
    """
    placement = placement or Placement()
    first = process_number() == 0
    # What is wrong in the input is told before anything is written.
    origin = open_start(start) if start is not None else None
    train_clips, val_clips = with_negatives(config, train_clips, val_clips)
    model = _network(config, origin, train_clips.heads)
    if first and force and not resume:
        _clear(output)
    last = _prepare_folder(output, config, resume=resume) if first else _to_resume(output, resume)
    logging.getLogger("lightning.pytorch").setLevel(_log.getEffectiveLevel())
    load = functools.partial(
        load_spectrograms,
        config=model.config.fbank,
        cache=_cache(output, placement),
        workers=placement.workers,
        progress=progress,
    )
    train_set = load(train_clips)
    val_set = load(val_clips) if val_clips else None
    if first:
        _report_left_out(output, [train_clips, val_clips], [train_set, val_set])
    if origin is None or not origin.knows_sound:
        model.set_normalisation(*train_set.normalisation())
    mean = model.feature_mean.item()
    loader = train_loader(train_set, config, model, placement, mean=mean)
    module = DatarModule(
        model,
        config,
        total_steps=len(loader) // placement.accumulate * config.epochs,
        val_targets=val_set.targets if val_set else {},
        parts=placement.accumulate,
    )
    validation = val_loader(val_set, model, placement) if val_set else None
    trainer = make_trainer(config, placement, output, validates=validation is not None)
    with advice_ignored():
        trainer.fit(
            module,
            loader,
            validation,
            ckpt_path=last,
            weights_only=True if last else None,  # a run may be a stranger's
        )
    if config.head_epochs < config.epochs:  # else the statistics belong to the body, which stayed
        reestimate_batch_norm(model, train_loader(train_set, config, model, Placement(), mean=mean))
    if validation is not None:
        with advice_ignored():
            trainer.validate(module, validation, verbose=False)
    metrics = {
        name: float(value)
        for name, value in trainer.callback_metrics.items()
        if name.endswith(METRICS)
    }
    checkpoint = Checkpoint(
        model=model.eval(),
        heads=train_set.heads,
        provenance=provenance(config, train_clips, train_set, metrics, origin),
    )
    trainer.strategy.barrier()  # until no process reads the spectrograms any more
    if trainer.is_global_zero:
        save_checkpoint(output / CHECKPOINT_NAME, checkpoint)
        shutil.rmtree(output / SPECTROGRAMS_NAME, ignore_errors=True)
    return TrainResult(checkpoint=output / CHECKPOINT_NAME, epochs=config.epochs, metrics=metrics)


def _network(
    config: TrainConfig, origin: Start | None, heads: Mapping[str, tuple[str, ...]]
) -> Network:
    """With weights that follow from the seed, or from the start."""
    model_config = config.model_config()
    pl.seed_everything(config.seed, verbose=False)
    model = build(model_config, heads={head: len(labels) for head, labels in heads.items()})
    if origin is not None:
        _log.info("%s", take_weights(model, origin, heads=heads))
    return model


def _clear(output: Path) -> None:
    if not output.exists():
        return
    if not (output / CONFIG_NAME).is_file():
        raise ConfigError(
            f"--output {output} is not the folder of a run, so --force does not clear it",
            fix="Choose another folder.",
        )
    shutil.rmtree(output)


def _prepare_folder(output: Path, config: TrainConfig, *, resume: bool) -> Path | None:
    """Makes the run's folder, or finds the checkpoint to go on from; None before there is one."""
    written = output / CONFIG_NAME
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
    return _to_resume(output, resume)


def _to_resume(output: Path, resume: bool) -> Path | None:
    checkpoint = output / RESUME_NAME
    return checkpoint if resume and checkpoint.is_file() else None


def _report_left_out(
    output: Path,
    listed: Sequence[ClipSet | None],
    loaded: Sequence[SpectrogramSet | None],
) -> None:
    """Writes each clip that is not used, with the reason, and says how many there are."""
    problems = [problem for clips in listed if clips for problem in clips.left_out]
    problems += [problem for clips in loaded if clips for problem in clips.unreadable]
    problems = list(dict.fromkeys(problems))
    path = output / LEFT_OUT_NAME
    if not problems:
        path.unlink(missing_ok=True)
        return
    path.write_text("\n".join(problems) + "\n", encoding="utf-8")
    _log.warning("%d clips are left out, listed in %s", len(problems), path)


def _cache(output: Path, placement: Placement) -> Path | None:
    """Where spectrograms are kept; None where they are not."""
    if not placement.keeps_spectrograms:
        return None
    return placement.cache or output / SPECTROGRAMS_NAME
