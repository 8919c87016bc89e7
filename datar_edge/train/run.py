"""One training run in one folder: set up, train or resume, write the checkpoint."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import torch

from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.data.spectrograms import SpectrogramSet, load_spectrograms
from datar_edge.errors import ConfigError
from datar_edge.models import Checkpoint, build, save_checkpoint
from datar_edge.train.batch_norm import reestimate_batch_norm
from datar_edge.train.config import TrainConfig
from datar_edge.train.loaders import train_loader, val_loader
from datar_edge.train.module import DatarModule
from datar_edge.train.placement import Placement, process_number
from datar_edge.train.start import take_weights
from datar_edge.train.trainer import advice_ignored, make_trainer

_log = logging.getLogger(__name__)

CHECKPOINT_NAME = "model.safetensors"
CONFIG_NAME = "config.json"
RESUME_NAME = "checkpoints/last.ckpt"
LEFT_OUT_NAME = "left-out.txt"


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
    placement: Placement | None = None,
    start: Path | None = None,
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
        placement: processes, precision, workers; None for one process of this machine. With
            several, this is called in each of them.
        start: checkpoint to take weights from; what does not fit, such as other heads, is new.
        progress: wraps the reading of clips in a bar.

    Raises:
        ConfigError: the folder holds another run, or there is nothing to resume.
        ModelFileError: `start` is no checkpoint, or of another model.
        DataError: not one clip could be read.
    """
    placement = placement or Placement()
    first = process_number() == 0
    last = _prepare_folder(output, config, resume=resume) if first else _to_resume(output, resume)
    logging.getLogger("lightning.pytorch").setLevel(_log.getEffectiveLevel())
    pl.seed_everything(config.seed, verbose=False)
    model_config = config.model_config()
    train_set = load_spectrograms(train_clips, model_config.fbank, progress=progress)
    val_set = (
        load_spectrograms(val_clips, model_config.fbank, progress=progress) if val_clips else None
    )
    if first:
        _report_left_out(output, [train_clips, val_clips], [train_set, val_set])
    model = build(model_config, heads={head: len(ls) for head, ls in train_set.heads.items()})
    if start is not None:
        _log.info("%s", take_weights(model, start, heads=train_set.heads))
    mean, std = train_set.normalisation()
    model.set_normalisation(mean, std)
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
            weights_only=False if last else None,  # the run's own file, not a stranger's
        )
    reestimate_batch_norm(model, train_loader(train_set, config, model, Placement(), mean=mean))
    if validation is not None:
        with advice_ignored():
            trainer.validate(module, validation, verbose=False)
    metrics = {
        name: float(value) for name, value in trainer.callback_metrics.items() if "_top" in name
    }
    checkpoint = Checkpoint(
        model=model.eval(),
        heads=train_set.heads,
        provenance=_provenance(config, train_clips, len(train_set.clips), metrics),
    )
    if trainer.is_global_zero:
        save_checkpoint(output / CHECKPOINT_NAME, checkpoint)
    return TrainResult(checkpoint=output / CHECKPOINT_NAME, epochs=config.epochs, metrics=metrics)


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
