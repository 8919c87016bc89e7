"""`datar-edge evaluate`: how often a model is right on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from datar_edge.bundled import bundled_tflite
from datar_edge.cli.options import (
    DataOption,
    ForceOption,
    HopOption,
    JsonOption,
    LimitOption,
    OutputOption,
    ThreadsOption,
)
from datar_edge.cli.output import as_json, check_output, emit, rendered
from datar_edge.cli.progress import progress_bar, telling
from datar_edge.cli.shell import say
from datar_edge.data.dataset import ClipSet
from datar_edge.data.readers import open_dataset, parse_folds
from datar_edge.report.confusion import confusion_picture
from datar_edge.report.evaluate import Accuracy, Evaluation, HeadAccuracy, evaluate, open_model

_NAMED_CLIPS = 5


def evaluate_model(
    *,
    data: DataOption,
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="MODEL",
            help="An exported file, or a checkpoint.",
            show_default="the bundled model",
        ),
    ] = None,
    folds: Annotated[
        str, typer.Option(metavar="1,2,…", help="Only these folds.", show_default="all")
    ] = "",
    limit: LimitOption = None,
    hop: HopOption = None,
    threads: ThreadsOption = 1,
    to_json: JsonOption = False,
    confusion: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.svg", help="Draw there which labels the first head takes for which."
        ),
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Measures the accuracy of a model file on labelled clips.

    A clip's score is the mean over its windows, those left out that are more than 20 dB quieter
    than its loudest. Measure on folds that the model was not trained on.

    Example: datar-edge evaluate model.tflite --data esc:ESC-50-master --folds 5
    """
    check_output(output, force=force)
    check_output(confusion, force=force, option="--confusion")
    clips = open_dataset(data, folds=parse_folds(folds), limit=limit)
    with (
        open_model(model, threads=threads) as session,
        progress_bar("evaluating", len(clips.clips)) as update,
    ):
        card = session.card
        hop_s = card.hop_s if hop is None else hop
        result = evaluate(session, clips, hop_s=hop_s, progress=telling(update))
    _tell_of_skipped(result)
    document = _document(result, model or bundled_tflite(), clips, hop_s)
    text = as_json(document) if to_json else _report(result, document, to_terminal=output is None)
    emit(text, output)
    if confusion is not None:
        head, accuracy = next(iter(result.heads.items()))
        picture = confusion_picture(head, tuple(card.heads[head]), accuracy.confusion)
        emit(picture, confusion, option="--confusion")


def _tell_of_skipped(result: Evaluation) -> None:
    for problem in result.skipped[:_NAMED_CLIPS]:
        say("warning", f"left out: {problem}")
    if len(result.skipped) > _NAMED_CLIPS:
        say("warning", f"left out: {len(result.skipped) - _NAMED_CLIPS} more clips")


def _document(result: Evaluation, model: Path, clip_set: ClipSet, hop_s: float) -> dict[str, Any]:
    main = next(iter(result.heads.values())).overall
    return {
        "model": str(model),
        "data": clip_set.name,
        "folds": list(clip_set.folds),
        "hop_s": hop_s,
        "clips": result.clips,
        "skipped": len(result.skipped),
        "top1": round(main.top1, 4),
        "top5": round(main.top5, 4),
        "all_heads_top1": round(result.all_right, 4),
        "heads": {
            head: {
                **_shares(accuracy.overall),
                "mean_average_precision": round(accuracy.mean_average_precision, 4),
                "expected_calibration_error": round(accuracy.calibration_error, 4),
                "confusion": accuracy.confusion.tolist(),
                "per_class": {
                    label: {"clips": one.clips, **_shares(one)}
                    for label, one in accuracy.per_class.items()
                },
            }
            for head, accuracy in result.heads.items()
        },
    }


def _shares(accuracy: Accuracy) -> dict[str, float]:
    return {"top1": round(accuracy.top1, 4), "top5": round(accuracy.top5, 4)}


def _report(result: Evaluation, document: dict[str, Any], *, to_terminal: bool) -> str:
    folds = f", folds {', '.join(map(str, document['folds']))}" if document["folds"] else ""
    parts = [
        f"{document['model']} on {document['data']}{folds}, a window every {document['hop_s']:g} s"
    ]
    for head, accuracy in result.heads.items():
        parts += ["", _table(head, accuracy, to_terminal=to_terminal)]
        parts.append(
            f"Mean average precision {accuracy.mean_average_precision:.3f}, expected calibration "
            f"error {accuracy.calibration_error:.3f}"
        )
    if len(result.heads) > 1:
        parts += ["", f"All heads right: {result.all_right:.1%}"]
    return "\n".join(parts)


def _table(head: str, accuracy: HeadAccuracy, *, to_terminal: bool) -> str:
    from rich.markup import escape  # noqa: PLC0415 (60 ms that --json does not need)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(escape(head.capitalize()), overflow="fold")
    for name in ("Clips", "Top-1", "Top-5"):
        table.add_column(name, justify="right", no_wrap=True)
    for label, one in [*accuracy.per_class.items(), ("all", accuracy.overall)]:
        style = "bold" if one is accuracy.overall else ""
        table.add_row(
            escape(label), str(one.clips), f"{one.top1:.1%}", f"{one.top5:.1%}", style=style
        )
    return rendered(table, to_terminal=to_terminal)
