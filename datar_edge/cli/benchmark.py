"""`datar-edge benchmark`: what exported files cost on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from datar_edge.bundled import bundled_tflite
from datar_edge.cli.benchmark_formats import Measured, as_csv, as_rows, as_table
from datar_edge.cli.options import ForceOption, JsonOption, OutputOption, ThreadsOption
from datar_edge.cli.output import as_json, check_output, emit
from datar_edge.cli.progress import progress_bar
from datar_edge.errors import ConfigError
from datar_edge.report.benchmark import Plan, measure, measure_pair
from datar_edge.report.benchmark_page import as_page
from datar_edge.report.machine import machine
from datar_edge.runtime.open import check_runnable

_PLAN = Plan()


def benchmark_files(
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE…", help="Exported files.", show_default="the bundled model"),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(metavar="OTHER", help="Run this file in turns with each, and compare."),
    ] = None,
    rounds: Annotated[
        int, typer.Option(metavar="N", help="Runs of each file that count.")
    ] = _PLAN.rounds,
    seconds: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="No round begins after so long, once there are three; 0 for no limit.",
        ),
    ] = _PLAN.seconds,
    warmup: Annotated[
        int, typer.Option(metavar="N", help="Runs before those that count.")
    ] = _PLAN.warmup,
    threads: ThreadsOption = _PLAN.threads,
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How long loading, or one run, may take."),
    ] = _PLAN.timeout_s,
    to_json: JsonOption = False,
    to_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    html: Annotated[
        Path | None,
        typer.Option(metavar="PAGE", help="Also write a page with plots, complete in itself."),
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """Measures latency, memory and size of exported files on real sound.

    Each file is in a process of its own. Times are milliseconds of one window, with the front-end
    where the file holds it; memory is the most that was resident.

    Example: datar-edge benchmark int8.tflite --against float.tflite --html benchmark.html
    """
    if to_json and to_csv:
        raise ConfigError("--json and --csv are both given", fix="Choose one.")
    check_output(output, force=force)
    check_output(html, force=force, option="--html")
    plan = Plan(rounds=rounds, seconds=seconds, warmup=warmup, threads=threads, timeout_s=timeout)
    paths = files or [bundled_tflite()]
    for path in [*paths, *([against] if against else [])]:
        check_runnable(path)  # before minutes are spent on those before it
    results: list[Measured] = []
    with progress_bar("measuring", len(paths)) as update:
        for index, path in enumerate(paths):
            told = _shifted(update, index)
            results.append(
                measure_pair(path, against, plan, progress=told)
                if against
                else measure(path, plan, progress=told)
            )
    where = machine()
    if html:
        emit(as_page(results, where), html, option="--html")
    if to_json:
        text = as_json(as_rows(results, where))
    elif to_csv:
        text = as_csv(results, where)
    else:
        text = as_table(results, to_terminal=output is None)
    emit(text, output)


def _shifted(update: Callable[[float], None], done: int) -> Callable[[float], None]:
    """Tells a bar the files done and the share of the present one."""
    return lambda share: update(done + share)
