"""`datar-edge train`: a model from a data set."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datar_edge.cli.fine_tuning_options import FineTuningOptions
from datar_edge.cli.option_group import with_option_groups
from datar_edge.cli.options import (
    DataOption,
    ForceOption,
    JsonOption,
    LimitOption,
    VariantsOption,
)
from datar_edge.cli.output import as_json, emit, rendered
from datar_edge.cli.progress import progress_bar, telling
from datar_edge.data.readers import open_dataset, parse_folds
from datar_edge.data.split import split
from datar_edge.extras import require

if TYPE_CHECKING:
    from datar_edge.data.dataset import ClipSet
    from datar_edge.train.run import TrainResult

_PURPOSE = "training"


@with_option_groups
def train(
    *,
    data: DataOption,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the run.")],
    preset: Annotated[
        str | None,
        typer.Option(help="The model.", show_default="that of --from, else datar-micro"),
    ] = None,
    folds: Annotated[
        str,
        typer.Option(
            metavar="1,2,…", help="Train on these folds.", show_default="all but --val-folds"
        ),
    ] = "",
    val_folds: Annotated[
        str,
        typer.Option(
            metavar="1,2,…",
            help="Measure on these folds. A folder:DIR is dealt out into the folds 1 to 5.",
            show_default="none",
        ),
    ] = "",
    tuning: FineTuningOptions,
    recipe: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="How to train, augmentation and all: the config.json of another run, or JSON with "
            "some of its fields. What it says of model and data is not taken.",
            show_default="our own",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Times through the clips.", show_default="120; 20 with --from"
        ),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", show_default="the recipe's")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak.", show_default="the recipe's")
    ] = None,
    layer_decay: Annotated[
        float | None,
        typer.Option(
            help="Factor on the rate from a layer to the one before it.",
            show_default="the same rate everywhere",
        ),
    ] = None,
    variants: VariantsOption = None,
    limit: LimitOption = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of everything random.")] = 1,
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Threads of PyTorch.", show_default="all cores"),
    ] = None,
    devices: Annotated[
        int, typer.Option(metavar="N", help="Processes on each machine, one a device.")
    ] = 1,
    nodes: Annotated[int, typer.Option(metavar="N", help="Machines.")] = 1,
    strategy: Annotated[
        str,
        typer.Option(help="ddp: each process has the whole model; fsdp: a share of it, on GPUs."),
    ] = "ddp",
    accumulate: Annotated[
        int,
        typer.Option(metavar="N", help="Parts that a step is computed in, to save memory."),
    ] = 1,
    precision: Annotated[str, typer.Option(help="fp32, bf16 or fp16.")] = "fp32",
    workers: Annotated[
        int, typer.Option(metavar="N", help="Processes that make examples beside each.")
    ] = 0,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep spectrograms there for other runs, 4 bytes a value (26 kB a second of "
            "datar-micro, 51 kB of datar-tiny).",
            show_default="in the run's folder until it ends",
        ),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Keep none: decode each clip when it is needed.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a stopped run.")] = False,
    force: ForceOption = False,
    to_json: JsonOption = False,
) -> None:
    """Trains a model from a data set.

    The run's folder holds config.json, metrics/, tensorboard/, checkpoints/ to resume from,
    left-out.txt with the clips that could not be used, and at the end model.safetensors, which
    `export` and `evaluate` take. The batch size is that of a step on all processes together, so
    that a run learns the same wherever it computes.

    Memory does not grow with the length of the data set: spectrograms lie on the disk, and a
    process holds those of the step that it makes.

    Example: datar-edge train --data esc:ESC-50-master --folds 1,2,3,4 --val-folds 5 --output run

    Example: datar-edge train --data folder:recordings --from bundled --val-folds 5 --output run
    """
    torch = require("torch", extra="train", purpose=_PURPOSE)
    runs = require("datar_edge.train.run", extra="train", purpose=_PURPOSE)
    from datar_edge.train.config import TrainConfig  # noqa: PLC0415 (after the extra is there)
    from datar_edge.train.placement import Placement, process_number  # noqa: PLC0415

    if threads is not None:
        torch.set_num_threads(threads)
    from datar_edge.train.negatives import with_negatives  # noqa: PLC0415
    from datar_edge.train.recipe_file import read_recipe  # noqa: PLC0415
    from datar_edge.train.start import open_start  # noqa: PLC0415

    origin = open_start(tuning.start) if tuning.start else None
    base = TrainConfig.fine_tuning(start=origin.name) if origin else TrainConfig()
    if recipe is not None:
        base = dataclasses.replace(base, **read_recipe(recipe))
    placement = Placement(
        devices=devices,
        nodes=nodes,
        strategy=strategy,  # type: ignore[arg-type]  # which it checks
        accumulate=accumulate,
        precision=precision,  # type: ignore[arg-type]
        workers=workers,
        cache=cache,
        keeps_spectrograms=not no_cache,
    )
    given = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "layer_decay": layer_decay,
        **tuning.given(),
    }
    if epochs is not None and tuning.head_epochs is None:
        given["head_epochs"] = min(base.head_epochs, epochs // 4)
    config = dataclasses.replace(
        base,
        preset=preset or (origin.checkpoint.config.preset if origin else base.preset),
        variants=tuple(variants or ()),
        data=data,
        folds=parse_folds(folds),
        val_folds=parse_folds(val_folds),
        limit=limit or 0,
        seed=seed,
        **{name: value for name, value in given.items() if value is not None},
    )
    train_clips, val_clips = split(
        open_dataset(data), folds=config.folds, val_folds=config.val_folds, limit=limit
    )
    if val_clips and not config.folds:
        config = dataclasses.replace(config, folds=train_clips.folds)
    listed = [clips for clips in with_negatives(config, train_clips, val_clips) if clips]
    first = process_number() == 0
    if first and not to_json:
        emit(_overview(train_clips, val_clips, listed), None)
    count = sum(len(clips.clips) for clips in listed)
    with progress_bar("reading clips", count) as update:
        result = runs.train(
            config,
            train_clips=train_clips,
            val_clips=val_clips,
            output=output,
            resume=resume,
            force=force,
            placement=placement,
            start=tuning.start,
            progress=telling(update),
        )
    if first:
        emit(as_json(_document(result)) if to_json else _summary(result), None)


def _overview(
    train_clips: ClipSet, val_clips: ClipSet | None, with_negatives: Sequence[ClipSet]
) -> str:
    from rich.markup import escape  # noqa: PLC0415 (60 ms that --json does not need)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(train_clips.name)
    for name in ("train", "validate"):
        table.add_column(name, justify="right")
    held = val_clips.counts() if val_clips else {}
    for label, counts in train_clips.counts().items():
        validated = held[label].total() if val_clips else 0
        table.add_row(escape(label), str(counts.total()), str(validated))
    labelled = [len(train_clips.clips), len(val_clips.clips) if val_clips else 0]
    negatives = [len(both.clips) - own for both, own in zip(with_negatives, labelled, strict=False)]
    if any(negatives):
        table.add_row("negatives", *map(str, (*negatives, 0)[:2]), style="italic")
    table.add_row("all labelled", *map(str, labelled), style="bold")
    return rendered(table)


def _document(result: TrainResult) -> dict[str, Any]:
    """The first head's accuracy under the names that all commands share."""
    shares = [value for name, value in result.metrics.items() if name.endswith("_top1")]
    fives = [value for name, value in result.metrics.items() if name.endswith("_top5")]
    return {
        "checkpoint": str(result.checkpoint),
        "epochs": result.epochs,
        "top1": shares[0] if shares else None,
        "top5": fives[0] if fives else None,
        "metrics": dict(result.metrics),
    }


def _summary(result: TrainResult) -> str:
    shown = ", ".join(f"{name} {value:.1%}" for name, value in result.metrics.items())
    return (
        f"{result.epochs} epochs: {shown or 'no clips to measure on'}\n"
        f"Wrote {result.checkpoint}\n"
        f"Next: datar-edge export {result.checkpoint}"
    )
