"""`datar-edge report`: all that is known of a model, on one page."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.cli.options import (
    CalibrationOption,
    CheckpointArgument,
    FoldsOption,
    ForceOption,
    HopOption,
    JsonOption,
    LimitOption,
    QuantizeOption,
    TargetOption,
    ThreadsOption,
)
from datar_edge.cli.output import as_json, check_output, emit
from datar_edge.cli.progress import progress_bar
from datar_edge.cli.shell import say
from datar_edge.data.readers import parse_folds
from datar_edge.data.recordings import recordings_of
from datar_edge.extras import require
from datar_edge.report.benchmark import Plan
from datar_edge.report.machine import machine
from datar_edge.report.page.collect import collect
from datar_edge.report.page.commands import report as command_of
from datar_edge.report.page.formats import when
from datar_edge.report.page.kept import Kept
from datar_edge.report.page.markup import cleaned
from datar_edge.report.page.page import as_page
from datar_edge.report.page.plan import QUICK_SECTIONS, SECTIONS, Entry, Report, ReportPlan, Task

if TYPE_CHECKING:
    from datar_edge.report.page.plan import Told

_PURPOSE = "measuring a model for a report"
_PLAN = Plan()


def report(
    *,
    checkpoint: CheckpointArgument = None,
    artifacts: Annotated[
        list[Path] | None,
        typer.Option(
            "--artifact",
            metavar="FILE",
            help="A file that was exported from it; may be given again.",
            show_default="the bundled .tflite for the bundled model",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help="Labelled clips for accuracy, parity and sensitivity: esc:DIR, folder:DIR or "
            "another that evaluate takes.",
            show_default="these sections are not measured",
        ),
    ] = None,
    folds: FoldsOption = "",
    limit: LimitOption = None,
    hop: HopOption = None,
    sections: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME,…",
            help=f"What to measure, of {', '.join(SECTIONS)}. Others are shown where they are "
            "kept. Sensitivity takes long.",
        ),
    ] = ",".join(QUICK_SECTIONS),
    ranking: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="A sensitivity to show: what quantize --sensitivity --json printed.",
        ),
    ] = None,
    target: TargetOption = "tflite",
    quantize: QuantizeOption = "int8",
    calibration: CalibrationOption = None,
    rounds: Annotated[
        int, typer.Option(metavar="N", help="Runs of each file that count.")
    ] = _PLAN.rounds,
    seconds: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="No run of a file begins after so long."),
    ] = _PLAN.seconds,
    threads: ThreadsOption = _PLAN.threads,
    output: Annotated[Path, typer.Option(metavar="PAGE", help="The page.")] = Path("report.html"),
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where finished measurements are kept.",
            show_default="PAGE.measured",
        ),
    ] = None,
    to_json: JsonOption = False,
    force: ForceOption = False,
) -> None:
    """Writes one HTML page about a model: card, accuracy, parity, benchmark, sensitivity.

    Measures as evaluate, parity, benchmark and quantize do. Each measurement is kept as it is
    finished: a run that was stopped goes on, and later runs add sections. What is not measured is
    named on the page, with the command. --target, --quantize and --calibration are of the
    sensitivity. The page is complete in itself and loads nothing.

    Example: datar-edge report run/model.safetensors --artifact run/model.tflite --artifact
    run/model-int8.tflite --data esc:ESC-50-master --folds 5
    """
    check_output(output, force=force)
    tasks_of = require("datar_edge.report.page.tasks", extra="export", purpose=_PURPOSE).tasks_of
    named = tuple(name.strip() for name in sections.split(",") if name.strip())
    files = tuple(artifacts or ([] if checkpoint else [bundled_tflite()]))
    plan = ReportPlan(
        model=checkpoint or bundled_checkpoint(),
        artifacts=files,
        sections=(*named, "sensitivity") if ranking else named,
        data=data,
        folds=parse_folds(folds),
        limit=limit,
        hop_s=hop,
        benchmark=dataclasses.replace(_PLAN, rounds=rounds, seconds=seconds, threads=threads),
        target=target,
        quantize=quantize,
        calibration=recordings_of(calibration) if calibration else (),
        calibration_name=calibration,
        ranking=ranking,
    )
    folder = keep or output.with_name(f"{output.name}.measured")
    tasks = tasks_of(plan, folder)
    entries = collect(tasks, plan.sections, Kept(folder), progress=_shown, found=_say_kept)
    document = Report(
        model=str(plan.model),
        made=dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        machine=machine(),
        entries=entries,
        commands={section: command_of(plan, section, output) for section in SECTIONS},
    )
    emit(as_page(document), output)
    _warn_of_drift(entries)
    told = cleaned(dataclasses.asdict(document))
    emit(as_json(told) if to_json else _summary(document, output, folder), None)


@contextlib.contextmanager
def _shown(task: Task) -> Iterator[Told]:
    description = f"{task.section} of {task.file}"
    say("measuring", description)
    with progress_bar(description, 1.0) as update:
        yield update


def _say_kept(entry: Entry) -> None:
    say("kept", f"{entry.section} of {entry.file}, measured {when(entry.measured)}")


def _warn_of_drift(entries: list[Entry]) -> None:
    for entry in entries:
        if entry.section == "parity" and entry.figures and entry.figures["drift"]:
            say("warning", f"{entry.file} differs from the model: {entry.figures['drift'][0]}")


def _summary(document: Report, output: Path, folder: Path) -> str:
    missing = [each for each in document.entries if each.figures is None]
    return "\n".join(
        [
            f"Wrote {output}",
            f"  measured      {len(document.entries) - len(missing)} of {len(document.entries)}, "
            f"kept in {folder}",
            *(
                f"  not measured  {each.section} of {each.file}. {each.needs}".rstrip()
                for each in missing
            ),
        ]
    )
