"""`datar-edge tag`: what is heard in sound files, and when."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from datar_edge.cli.event_options import EventOptions, make_event_config
from datar_edge.cli.option_group import with_option_groups
from datar_edge.cli.options import (
    AllowOption,
    DenyOption,
    ForceOption,
    HopOption,
    JsonOption,
    MinLevelOption,
    ModelOption,
    OutputOption,
    ThreadsOption,
)
from datar_edge.cli.output import check_output
from datar_edge.cli.progress import progress_bar
from datar_edge.cli.tag_formats import FormatName, chosen_format
from datar_edge.cli.tag_output import (
    PrintedResults,
    Results,
    Tally,
    WrittenResults,
    check_journal,
    journal_beside,
)
from datar_edge.errors import ConfigError
from datar_edge.runtime.open import read_model_card
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS
from datar_edge.tagging.planned import planned_files
from datar_edge.tagging.recipe import FileTagger, TaggingRecipe
from datar_edge.tagging.run import check_jobs, tag_all
from datar_edge.tagging.size import CountedBytes

_WRONG_INPUT = 2
_FORMATS = "Format"
_SCALE = "Many files"


@with_option_groups
def tag(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Sound files, or folders of them.")
    ],
    *,
    model: ModelOption = None,
    to_json: JsonOption = False,
    to_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print one JSON object a line.")
    ] = False,
    to_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row for each tag.")] = False,
    to_parquet: Annotated[
        bool, typer.Option("--parquet", help="Write the rows of --csv as Parquet, to --output.")
    ] = False,
    windows: Annotated[
        bool, typer.Option("--windows", help="Show each window; merge nothing.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="Show events, as listen would tell them.")
    ] = False,
    threshold: Annotated[float, typer.Option(help="Least score of a tag.")] = 0.0,
    max_results: Annotated[
        int, typer.Option(metavar="N", help="Tags of a segment at most, best first.")
    ] = 3,
    allow: AllowOption = None,
    deny: DenyOption = None,
    head: Annotated[
        str | None, typer.Option(help="Head of the model.", show_default="the first")
    ] = None,
    hop: HopOption = None,
    min_level_dbfs: MinLevelOption = MIN_LEVEL_DBFS,
    threads: ThreadsOption = 1,
    output: OutputOption = None,
    force: ForceOption = False,
    jobs: Annotated[
        int, typer.Option(metavar="N", help="Processes that tag.", rich_help_panel=_SCALE)
    ] = 1,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on where a run with the same --output was ended.",
            rich_help_panel=_SCALE,
        ),
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Let a Ray cluster tag: its address, auto, or local for one on this machine.",
            rich_help_panel=_SCALE,
        ),
    ] = None,
    event_options: EventOptions,
) -> None:
    """Tags sound files: label, score, start and end.

    Neighbouring windows with the same best label are one segment with their mean scores.

    Example: datar-edge tag recordings/ --jobs 4 --threshold 0.5 --output tags.csv
    """
    name = chosen_format(
        {"json": to_json, "jsonl": to_jsonl, "csv": to_csv, "parquet": to_parquet}, output
    )
    check_output(output, force=force)
    _check_choices(jobs=jobs, ray=ray, windows=windows, events=events, event_options=event_options)
    _check_resume(output, resume=resume, force=force)
    recipe = TaggingRecipe(
        model=model,
        threads=threads,
        hop_s=hop,
        head=head,
        allow=tuple(allow or ()),
        deny=tuple(deny or ()),
        threshold=threshold,
        max_results=max_results,
        min_level_dbfs=min_level_dbfs,
        merge=not windows,
        events=make_event_config(event_options, read_model_card(model), head) if events else None,
    )
    with recipe.open() as tagger:
        tally = Tally(tagger.tagger.card.window_s)
        with _results(tagger, name, tally, output=output, resume=resume) as results:
            _run(tagger, files, results, jobs=jobs, ray=ray)
    tally.tell()
    if tally.failures:
        raise typer.Exit(_WRONG_INPUT)


def _check_choices(
    *, jobs: int, ray: str | None, windows: bool, events: bool, event_options: EventOptions
) -> None:
    check_jobs(jobs)
    if ray is not None and jobs != 1:
        raise ConfigError("--jobs and --ray are both given", fix="A cluster has its own processes.")
    if windows and events:
        raise ConfigError("--windows and --events are both given", fix="Give one of them.")
    if not events and event_options != EventOptions():
        raise ConfigError(
            "options of events are given without --events", fix="Add --events, or leave them out."
        )


def _check_resume(output: Path | None, *, resume: bool, force: bool) -> None:
    if output is not None:
        check_journal(output, resume=resume, force=force)
    elif resume:
        raise ConfigError(
            "--resume is given without --output", fix="What is printed is not kept: name a file."
        )


def _results(
    tagger: FileTagger, name: FormatName, tally: Tally, *, output: Path | None, resume: bool
) -> Results:
    events = tagger.recipe.events is not None
    if output is None:
        return PrintedResults(name, events=events, tally=tally)
    journal = journal_beside(output, tagger.recipe.fingerprint(), resume=resume)
    return WrittenResults(output, journal, name, events=events, tally=tally)


def _run(
    tagger: FileTagger, paths: Sequence[Path], results: Results, *, jobs: int, ray: str | None
) -> None:
    files = results.remaining(planned_files(paths))
    with progress_bar("tagging", _size(paths)) as update:
        for result in tag_all(files, tagger, jobs=jobs, cluster=ray, progress=update):
            results.add(result)
    results.finish()


def _size(paths: Sequence[Path]) -> Callable[[], float | None] | float:
    """Nothing is counted for a bar that nobody sees."""
    return CountedBytes(paths) if sys.stderr.isatty() else 0.0
