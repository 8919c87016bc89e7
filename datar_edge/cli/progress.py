"""A progress bar on standard error for what takes longer than people like to wait."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")

_PATIENCE_S = 2.0


@contextlib.contextmanager
def progress_bar(
    description: str, total: float | Callable[[], float | None]
) -> Iterator[Callable[[float], None]]:
    """Shows a bar once the work has taken two seconds, if standard error is a terminal.

    Args:
        description: what is being done.
        total: how much there is to do, in any unit; or what tells it, None while it is not known.

    Yields:
        A function to be told how much is done so far.
    """
    bar = _Bar(description, total)
    try:
        yield bar.update
    finally:
        bar.close()


def telling(update: Callable[[float], None]) -> Callable[[Iterable[Item]], Iterator[Item]]:
    """Wraps a loop, so that a bar is told how many turns are done."""
    done = 0

    def told(items: Iterable[Item]) -> Iterator[Item]:
        nonlocal done
        for item in items:
            yield item
            done += 1
            update(done)

    return told


@contextlib.contextmanager
def spinner(description: str) -> Iterator[Callable[[str], None]]:
    """Shows what is being done, if standard error is a terminal.

    Args:
        description: the first step.

    Yields:
        A function to be told the next step.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 (not needed for short work)

    with Console(stderr=True).status(description) as status:
        yield status.update


class _Bar:
    def __init__(self, description: str, total: float | Callable[[], float | None]) -> None:
        self._description = description
        self._total = total
        self._show_at = time.monotonic() + _PATIENCE_S if sys.stderr.isatty() else float("inf")
        self._progress: Any = None
        self._task: Any = None

    def update(self, done: float) -> None:
        if self._progress is None and time.monotonic() >= self._show_at:
            self._begin()
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=self._told_total())

    def _told_total(self) -> float | None:
        return self._total() if callable(self._total) else self._total

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _begin(self) -> None:
        from rich.console import Console  # noqa: PLC0415 (not needed for short work)
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task(self._description, total=self._told_total())
