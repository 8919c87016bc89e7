"""`datar-edge tag`: what is heard in sound files, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from datar_edge.audio.files import find_audio_files
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
from datar_edge.cli.output import check_output, emit
from datar_edge.cli.progress import progress_bar
from datar_edge.cli.shell import say
from datar_edge.cli.tag_formats import TaggedFile, chosen_format
from datar_edge.errors import AudioError
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS
from datar_edge.tagger import Tagger, load

_WRONG_INPUT = 2
_NAMED_FILES = 3


def tag(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Sound files, or folders of them.")
    ],
    *,
    model: ModelOption = None,
    to_json: JsonOption = False,
    to_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row for each tag.")] = False,
    windows: Annotated[
        bool, typer.Option("--windows", help="Show each window; merge nothing.")
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
) -> None:
    """Tags sound files: label, score, start and end.

    Neighbouring windows with the same best label are one segment with their mean scores.

    Example: datar-edge tag recordings/ --threshold 0.5 --csv --output tags.csv
    """
    write = chosen_format(to_json=to_json, to_csv=to_csv, output=output)
    check_output(output, force=force)
    with load(
        model,
        threads=threads,
        hop_s=hop,
        head=head,
        allow=allow or (),
        deny=deny or (),
        threshold=threshold,
        max_results=max_results,
        min_level_dbfs=min_level_dbfs,
    ) as tagger:
        tagged, failures = _tag_all(tagger, files, merge=not windows)
        _tell_of_short_files(tagged, tagger.card.window_s)
    if tagged:
        emit(write(tagged), output)
    for failure in failures:
        say("error", str(failure))
    if failures:
        raise typer.Exit(_WRONG_INPUT)


def _tag_all(
    tagger: Tagger, files: Sequence[Path], *, merge: bool
) -> tuple[list[TaggedFile], list[AudioError]]:
    tagged: list[TaggedFile] = []
    paths, failures = _find(files)
    sizes = [path.stat().st_size if path.exists() else 0 for path in paths]
    done = 0
    with progress_bar("tagging", sum(sizes)) as update:
        for path, size in zip(paths, sizes, strict=True):

            def advance(share: float, done: int = done, size: int = size) -> None:
                update(done + share * size)

            try:
                tagged.append(
                    TaggedFile(path, tagger.tag_file(path, merge=merge, progress=advance))
                )
            except AudioError as error:
                failures.append(error)
            done += size
    return tagged, failures


def _find(files: Sequence[Path]) -> tuple[list[Path], list[AudioError]]:
    found: dict[Path, None] = {}
    failures: list[AudioError] = []
    for path in files:
        below: list[Path] = []
        try:
            below = find_audio_files([path])
        except AudioError as error:
            failures.append(error)
        found.update(dict.fromkeys(below))
    return list(found), failures


def _tell_of_short_files(tagged: Sequence[TaggedFile], window_s: float) -> None:
    short = [item for item in tagged if item.segments[-1].end_s < window_s]
    if not short:
        return
    named = ", ".join(f"{t.path} ({t.segments[-1].end_s:.2f} s)" for t in short[:_NAMED_FILES])
    more = f" and {len(short) - _NAMED_FILES} more" if len(short) > _NAMED_FILES else ""
    say("note", f"padded with silence to the model's window of {window_s:g} s: {named}{more}")
