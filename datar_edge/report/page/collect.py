"""Runs the tasks of a report, those left out that are finished."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

from datar_edge.report.machine import machine
from datar_edge.report.page.kept import Kept
from datar_edge.report.page.plan import Entry, Task, Told

Progress = Callable[[Task], AbstractContextManager[Told]]
"""Shows that a task runs; gives what is told the share that is done."""


def collect(
    tasks: Sequence[Task],
    sections: Collection[str],
    kept: Kept,
    *,
    progress: Progress,
    found: Callable[[Entry], None] = lambda _: None,
) -> list[Entry]:
    """Measures what is asked and not yet kept.

    Args:
        tasks: of the page, in its order.
        sections: those to measure; of the others the page shows what is kept.
        kept: what is finished; what is measured now is added.
        progress: shows that a task runs.
        found: is told of each entry that need not be measured again.

    Returns:
        An entry a task, in their order.

    Raises:
        DatarEdgeError: a measurement failed; those before it are kept.
    """
    entries = []
    for task in tasks:
        entry = _kept(task, kept)
        if entry is not None:
            found(entry)
        elif task.measure is not None and task.section in sections:
            entry = _measured(task, kept, progress)
        entries.append(entry or _without_figures(task))
    return entries


def _kept(task: Task, kept: Kept) -> Entry | None:
    result = kept.get(task.subject)
    if result is None:
        return None
    return Entry(section=task.section, file=task.file, command=task.command, **result)


def _measured(task: Task, kept: Kept, progress: Progress) -> Entry:
    assert task.measure is not None
    with progress(task) as told:
        figures = task.measure(told)
    result: dict[str, Any] = {
        "figures": figures,
        "measured": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
    }
    kept.put(task.subject, result)
    return Entry(section=task.section, file=task.file, command=task.command, **result)


def _without_figures(task: Task) -> Entry:
    return Entry(section=task.section, file=task.file, command=task.command, needs=task.needs)
