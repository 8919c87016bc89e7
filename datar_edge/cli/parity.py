"""`datar-edge parity`: an exported file against the float model, on real clips."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datar_edge.bundled import bundled_tflite
from datar_edge.cli.layers_table import finite, layers_document, layers_table
from datar_edge.cli.options import (
    CalibrationOption,
    DataOption,
    FoldsOption,
    ForceOption,
    HopOption,
    JsonOption,
    LimitOption,
    OutputOption,
    ThreadsOption,
)
from datar_edge.cli.output import as_json, check_output, emit, rendered
from datar_edge.cli.progress import progress_bar, spinner, telling
from datar_edge.cli.shell import say
from datar_edge.data.readers import open_dataset, parse_folds
from datar_edge.data.recordings import recordings_of
from datar_edge.errors import VerificationError
from datar_edge.extras import require
from datar_edge.report.reference import HASH_KEY, find_reference, sha256_of
from datar_edge.runtime import read_model_card

if TYPE_CHECKING:
    from datar_edge.report.parity import ParityReport

_PURPOSE = "comparing an exported file with its float model"
_NAMED_CLIPS = 5
_PROBED_WINDOWS = 4


def parity(
    *,
    data: DataOption,
    artifact: Annotated[
        Path | None,
        typer.Argument(
            metavar="ARTIFACT", help="An exported file.", show_default="the bundled model"
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="CHECKPOINT",
            help="The float model.",
            show_default="the checkpoint that the card names: bundled, or beside the file",
        ),
    ] = None,
    folds: FoldsOption = "",
    limit: LimitOption = None,
    hop: HopOption = None,
    per_layer: Annotated[
        bool,
        typer.Option(
            "--per-layer",
            help="Find the first layer that departs: the checkpoint is exported the same way once "
            "more, as a probe that shows what each layer gives.",
        ),
    ] = False,
    layer_bound: Annotated[
        float | None,
        typer.Option(
            "--layer-bound-db",
            metavar="DB",
            help="With --per-layer: least SQNR of a layer.",
            show_default="by the file's quantization",
        ),
    ] = None,
    calibration: CalibrationOption = None,
    worst: Annotated[int, typer.Option(metavar="N", min=0, help="Clips to list.")] = 5,
    allow_drift: Annotated[
        bool, typer.Option("--allow-drift", help="Exit with 0 whatever the difference.")
    ] = False,
    threads: ThreadsOption = 1,
    to_json: JsonOption = False,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Compares an exported file with the float model it was made from, on real clips.

    Prints how often both name the same label, how far logits and scores are apart, the accuracy of
    both, and the clips that differ most. Clips that the file was not calibrated on tell most. The
    exit status is 1 where the file is further from the model than its quantization may take it.

    Example: datar-edge parity model.tflite --data esc:ESC-50-master --folds 5
    """
    check_output(output, force=force)
    clips = open_dataset(data, folds=parse_folds(folds), limit=limit)
    file = bundled_tflite() if artifact is None else artifact
    card = read_model_card(file)
    checkpoint = find_reference(file, card) if reference is None else reference
    measuring = require("datar_edge.report.parity", extra="export", purpose=_PURPOSE)
    bound = measuring.bound_of(card)
    with progress_bar("comparing", len(clips.clips)) as update:
        report = measuring.compare_file(
            file, checkpoint, clips, hop_s=hop, threads=threads, progress=telling(update)
        )
    _tell_of_skipped(report.skipped)
    layers = None
    if per_layer:
        looking = require("datar_edge.report.layers", extra="export", purpose=_PURPOSE)
        with spinner("exporting the probe") as step:
            layers = looking.measure_layers(
                file,
                checkpoint,
                looking.loudest_windows(clips, card, _PROBED_WINDOWS),
                calibration=recordings_of(calibration) if calibration else (),
                bound_db=layer_bound,
                step=step,
            )
    drift = measuring.drift_of(report, bound)
    document = {
        "artifact": str(file),
        "reference": str(checkpoint),
        "reference_is_source": sha256_of(checkpoint) == card.provenance.get(HASH_KEY),
        "quantize": card.quantize,
        "sampler": card.sampler,
        "data": clips.name,
        "folds": list(clips.folds),
        "hop_s": card.hop_s if hop is None else hop,
        **_figures(report, worst),
        "bound": {name: finite(value) for name, value in dataclasses.asdict(bound).items()},
        "within_bound": not drift,
        **({} if layers is None else {"per_layer": layers_document(layers)}),
    }
    emit(as_json(document) if to_json else _told(document, to_terminal=output is None), output)
    if drift and not allow_drift:
        raise VerificationError(
            f"{file} differs from the float model: {'; '.join(drift)}",
            fix=_advice(per_layer=per_layer),
        )


def _advice(*, per_layer: bool) -> str:
    look = "" if per_layer else "Look where with --per-layer, or "
    return f"{look}{'accept' if look else 'Accept'} it with --allow-drift."


def _tell_of_skipped(skipped: Sequence[str]) -> None:
    for problem in skipped[:_NAMED_CLIPS]:
        say("warning", f"left out: {problem}")
    if len(skipped) > _NAMED_CLIPS:
        say("warning", f"left out: {len(skipped) - _NAMED_CLIPS} more clips")


def _figures(report: ParityReport, worst: int) -> dict[str, Any]:
    windows = report.windows
    return {
        "clips": len(report.clips),
        "windows": windows.windows,
        "skipped": len(report.skipped),
        "top1_agreement": round(report.top1_agreement, 4),
        "windows_top1_agreement": round(windows.top1_agreement, 4),
        "max_abs_logit_diff": windows.max_abs_logit_diff,
        "max_abs_score_diff": windows.max_abs_score_diff,
        "sqnr_db": finite(windows.sqnr_db),
        "reference_top1": _rounded(report.reference_top1),
        "artifact_top1": _rounded(report.artifact_top1),
        "worst": [
            {
                "clip": str(each.path),
                "label": each.label,
                "max_abs_logit_diff": each.max_abs_logit_diff,
                "reference_best": each.reference_best,
                "artifact_best": each.artifact_best,
            }
            for each in report.clips[:worst]
        ],
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _told(document: dict[str, Any], *, to_terminal: bool) -> str:
    folds = f", folds {', '.join(map(str, document['folds']))}" if document["folds"] else ""
    source = "" if document["reference_is_source"] else " (not the one that the card names)"
    sqnr = document["sqnr_db"]
    lines = [
        f"{document['artifact']} against {document['reference']}{source}",
        f"on {document['data']}{folds}, a window every {document['hop_s']:g} s",
        "",
        f"  compared         {document['clips']} clips, {document['windows']} windows",
        f"  same best label  {document['top1_agreement']:.1%} of clips, "
        f"{document['windows_top1_agreement']:.1%} of windows",
        f"  logits           differ by {document['max_abs_logit_diff']:.2e} at most, SQNR "
        f"{'without limit' if sqnr is None else f'{sqnr:.1f} dB'}",
        f"  scores           differ by {document['max_abs_score_diff']:.2e} at most",
        f"  accuracy         {_accuracy(document)}",
        f"  within bound     {'yes' if document['within_bound'] else 'no'}, for quantization "
        f"{document['quantize']}",
    ]
    if document["worst"]:
        lines += ["", "Clips that differ most:", _worst_table(document, to_terminal=to_terminal)]
    if "per_layer" in document:
        lines += ["", layers_table(document["per_layer"], to_terminal=to_terminal)]
    return "\n".join(lines)


def _accuracy(document: dict[str, Any]) -> str:
    if document["reference_top1"] is None:
        return "not measured: the model lacks labels of the data set"
    return f"float {document['reference_top1']:.1%}, file {document['artifact_top1']:.1%}"


def _worst_table(document: dict[str, Any], *, to_terminal: bool) -> str:
    from rich.markup import escape  # noqa: PLC0415 (60 ms that --json does not need)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Clip", "Label", "Float says", "File says"):
        table.add_column(name, overflow="fold")
    table.add_column("Logit diff", justify="right", no_wrap=True)
    for each in document["worst"]:
        names = ("clip", "label", "reference_best", "artifact_best")
        difference = f"{each['max_abs_logit_diff']:.2e}"
        table.add_row(*(escape(each[name]) for name in names), difference)
    return rendered(table, to_terminal=to_terminal)
