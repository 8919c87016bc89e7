"""Results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from datar_edge.errors import InputError

Item = TypeVar("Item")


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_table(*renderables: Any) -> None:
    """Tables for people on stdout; as wide as they need where it is not a terminal."""
    console = Console(highlight=False, soft_wrap=True)
    for renderable in renderables:
        console.print(renderable)


def refuse_to_overwrite(path: Path, *, force: bool) -> None:
    """Stops before work is done for nothing.

    Raises:
        InputError: the file is there and may not be replaced.
    """
    if path.exists() and not force:
        raise InputError(f"{path} exists", fix="Choose another --output, or give --force.")


def write_text(path: Path, text: str) -> None:
    """Writes a file beside its place and renames it.

    Raises:
        InputError: the folder is not there or not ours to write to.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def _progress(*columns: Any) -> Progress:
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def track(items: Sequence[Item], description: str) -> Iterator[Item]:
    """Goes through items under a bar with the time that is left, on stderr."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with _progress(*columns) as progress:
        yield from progress.track(items, description=description)


class Steps:
    """Names the step that is being done, with a spinner and the time it has taken, on stderr."""

    def __init__(self) -> None:
        self._progress = _progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        )
        self._task = self._progress.add_task("", start=False)

    def __enter__(self) -> Steps:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, description: str) -> None:
        """Begins a step."""
        self._progress.reset(self._task, description=description)


def percent(share: float) -> str:
    """A share from 0 to 1 for people."""
    return f"{100 * share:.1f} %"


def joined(values: Iterable[object]) -> str:
    """Values separated by commas."""
    return ", ".join(map(str, values))
