"""`datar-edge train`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datar_edge.cli.options import (
    DataOption,
    FoldsOption,
    ForceOption,
    JsonOption,
    LimitOption,
)
from datar_edge.cli.output import joined, percent, print_json, print_table, track
from datar_edge.errors import ConfigError
from datar_edge.extras import require

if TYPE_CHECKING:
    from datar_edge.data.dataset import ClipSet
    from datar_edge.train.run import TrainResult


def train(
    data: DataOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    preset: Annotated[str, typer.Option("--preset", help="The model.")] = "datar-micro",
    folds: FoldsOption = "",
    val_folds: Annotated[
        str, typer.Option("--val-folds", help="Folds to measure accuracy on.")
    ] = "",
    epochs: Annotated[int | None, typer.Option("--epochs", min=1)] = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", min=1)] = None,
    learning_rate: Annotated[float | None, typer.Option("--learning-rate")] = None,
    limit: LimitOption = None,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="PyTorch's; all cores if absent.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a stopped run.")] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train a model from a data set.

    The run's folder holds config.json, metrics/, checkpoints/ to resume from, and at the end
    model.safetensors, which `export` and `evaluate` take.

    Example: datar-edge train --data esc:ESC-10 --folds 1,2,3 --val-folds 4 --output runs/first
    """
    require("lightning", extra="train", purpose="training")
    require("safetensors", extra="train", purpose="training")
    torch = require("torch", extra="train", purpose="training")
    from datar_edge.data.readers import open_dataset, parse_folds  # noqa: PLC0415
    from datar_edge.train.config import TrainConfig  # noqa: PLC0415
    from datar_edge.train.run import train as run  # noqa: PLC0415

    if threads:
        torch.set_num_threads(threads)
    default = TrainConfig()
    config = TrainConfig(
        preset=preset,
        data=data,
        folds=parse_folds(folds),
        val_folds=parse_folds(val_folds),
        limit=limit or 0,
        seed=seed,
        epochs=epochs or default.epochs,
        batch_size=batch_size or default.batch_size,
        learning_rate=default.learning_rate if learning_rate is None else learning_rate,
    )
    train_clips = open_dataset(data, folds=config.folds, limit=limit)
    val_clips = open_dataset(data, folds=config.val_folds, limit=limit) if val_folds else None
    if not as_json:
        _show(train_clips, val_clips)
    if force and not resume:
        _clear(output)
    result = run(
        config,
        train_clips=train_clips,
        val_clips=val_clips,
        output=output,
        resume=resume,
        progress=lambda clips: track(clips, "reading clips"),
    )
    _report(result, as_json=as_json)


def _clear(output: Path) -> None:
    from datar_edge.train.run import CONFIG_NAME  # noqa: PLC0415

    if output.exists() and any(output.iterdir()):
        if not (output / CONFIG_NAME).is_file():
            raise ConfigError(
                f"{output} is not the folder of a run, so it is not cleared",
                fix="Choose another --output.",
            )
        shutil.rmtree(output)


def _show(train_clips: ClipSet, val_clips: ClipSet | None) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=f"{train_clips.name}: clips", title_justify="left")
    table.add_column("label")
    table.add_column("train", justify="right")
    table.add_column("validate", justify="right")
    held = val_clips.counts() if val_clips else {}
    for label, counts in train_clips.counts().items():
        held_out = held[label].total() if val_clips else 0
        table.add_row(label, str(counts.total()), str(held_out))
    validated = len(val_clips.clips) if val_clips else 0
    table.add_section()
    table.add_row("all", str(len(train_clips.clips)), str(validated))
    print_table(table)


def _report(result: TrainResult, *, as_json: bool) -> None:
    metrics = {name.partition("_")[2]: value for name, value in result.metrics.items()}
    document = {
        "checkpoint": str(result.checkpoint),
        "epochs": result.epochs,
        "top1": metrics.get("top1"),
        "top5": metrics.get("top5"),
        "metrics": dict(result.metrics),
    }
    if as_json:
        print_json(document)
        return
    shown = joined(f"{name} {percent(value)}" for name, value in result.metrics.items())
    print_table(
        f"{result.epochs} epochs: {shown or 'no validation clips'}",
        f"checkpoint: {result.checkpoint}",
        f"next: datar-edge export {result.checkpoint} --target tflite",
    )
