"""`datar-edge reproduce`: one of the paper's tables, run row by row, beside the paper's figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datar_edge.cli.options import DataOption, JsonOption
from datar_edge.cli.output import as_json, emit, rendered
from datar_edge.cli.shell import say
from datar_edge.data.readers import parse_folds
from datar_edge.extras import require

if TYPE_CHECKING:
    from datar_edge.report.reproduce import RowResult

_PURPOSE = "training"


def reproduce(
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="table1, table2, table3 or table4.")
    ],
    *,
    data: DataOption,
    folds: Annotated[str, typer.Option(metavar="1,2,…|NAME", help="Train on these folds.")],
    val_folds: Annotated[str, typer.Option(metavar="1,2,…|NAME", help="Measure on these folds.")],
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="A run a row goes there.")],
    preset: Annotated[str, typer.Option(help="The model of DATAR's rows.")] = "paper",
    baseline: Annotated[str, typer.Option(help="The model of AST's rows.")] = "ast-base",
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="CHECKPOINT",
            help="Weights that DATAR starts from, as import-weights writes them.",
            show_default="random weights",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", show_default="the paper's")] = None,
    learning_rate: Annotated[float | None, typer.Option(show_default="the paper's")] = None,
    batch_size: Annotated[int, typer.Option(metavar="N")] = 32,
    seed: Annotated[int, typer.Option(metavar="N", help="Of everything random.")] = 1,
    devices: Annotated[int, typer.Option(metavar="N", help="Processes on this machine.")] = 1,
    workers: Annotated[int, typer.Option(metavar="N", help="Makers of examples each.")] = 0,
    to_json: JsonOption = False,
) -> None:
    """Trains the rows of one of the paper's tables, and prints them beside its figures.

    May be stopped and run again: finished rows are kept, the one begun goes on.

    Example: datar-edge reproduce table2 --data vggsound:DIR --folds train --val-folds test
    --from start.safetensors --output runs
    """
    module = require("datar_edge.report.reproduce", extra="train", purpose=_PURPOSE)
    from datar_edge.report.paper_tables import TABLES  # noqa: PLC0415
    from datar_edge.train.config import TrainConfig  # noqa: PLC0415 (after the extra is there)
    from datar_edge.train.placement import Placement  # noqa: PLC0415

    paper = TABLES.get(table)
    recipe = TrainConfig(
        epochs=epochs or (paper.epochs if paper else 1),
        learning_rate=learning_rate or (paper.learning_rate if paper else 1e-5),
        batch_size=batch_size,
        seed=seed,
    )
    plan = module.Reproduction(
        table=table,
        data=data,
        folds=parse_folds(folds),
        val_folds=parse_folds(val_folds),
        presets={"datar": preset, "ast": baseline},
        recipe=recipe,
        start=start,
    )
    placement = Placement(devices=devices, workers=workers)

    def told(row: str) -> None:
        say("row", row)

    results = list(module.reproduce(plan, output, placement=placement, told=told))
    title = TABLES[table].title
    emit(as_json(_document(table, results)) if to_json else _text(title, results), None)


def _document(table: str, results: Sequence[RowResult]) -> dict[str, Any]:
    rows = [
        {
            "row": result.row.name,
            "paper": dict(result.row.figures),
            "ours": {name: round(result.ours[name], 2) for name in result.row.figures}
            if result.ours
            else None,
            "differs": dict(result.differs),
        }
        for result in results
    ]
    return {"table": table, "rows": rows}


def _text(title: str, results: Sequence[RowResult]) -> str:
    from rich.markup import escape  # noqa: PLC0415 (60 ms that --json does not need)
    from rich.table import Table  # noqa: PLC0415

    metrics = list(results[0].row.figures)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=title, title_justify="left")
    table.add_column("Model")
    for metric in metrics:
        for whose in ("paper", "ours"):
            name = f"{metric.replace('_', ' ').replace('top', 'top-')}, {whose}"
            table.add_column(name, justify="right")
    table.add_column("Differs in")
    for result in results:
        cells = []
        for metric in metrics:
            cells.append(f"{result.row.figures[metric]:.1f}")
            cells.append(f"{result.ours[metric]:.1f}" if result.ours else "–")
        differs = ", ".join(result.differs) if result.ours else "another's work, not run"
        table.add_row(escape(result.row.name), *cells, differs)
    said = {s: d for result in results for s, d in result.differs.items()}
    notes = "\n".join(f"{subject}: {difference}" for subject, difference in said.items())
    return f"{rendered(table)}\n\n{notes}"
