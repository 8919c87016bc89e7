"""What was measured, as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datar_edge.report.machine import machine, told_by_machine
from tools.soak import rows_listening, rows_trust
from tools.soak.row import Measured, Row

_TABLES: Mapping[str, tuple[Sequence[Row], Sequence[str]]] = {
    "Left running": (rows_listening.ROWS, rows_listening.NOTES),
    "When something goes wrong": (rows_trust.ROWS, rows_trust.NOTES),
}
"""Title → rows and how they are measured."""

_MISSED = "**missed**"


def page(measured: Mapping[str, Measured], *, before: str, short: bool) -> tuple[str, bool]:
    """The page, and whether all aims are reached.

    Args:
        measured: results by name of the measurement.
        before: the page as it stands; what was not measured now stays as it is there.
        short: whether this is the short form.
    """
    stood = {line.split(" | ")[0]: line for line in before.splitlines() if line.startswith("| ")}
    tables = {}
    for title, (rows, _) in _TABLES.items():
        lines = [
            _line(row, measured[row.measurement])
            if row.measurement in measured
            else stood.get(f"| {row.figure}", "")
            for row in rows
        ]
        tables[title] = [line for line in lines if line]
    text = [
        "# Reliability",
        "",
        "What listening costs when it is left running, and what happens when something goes wrong.",
        f"`make soak` writes this page{' (this is its short form)' if short else ''}. Measured on:",
        "",
        *told_by_machine(before.partition("\n## ")[0], list(measured), _machine()),
    ]
    for title, lines in tables.items():
        if lines:
            text += ["", f"## {title}", "", "| figure | aim | measured | | command |"]
            text += ["| --- | --- | --- | --- | --- |", *lines]
            text += ["", "How it is measured:", "", *_TABLES[title][1]]
    held = not any(_MISSED in line for lines in tables.values() for line in lines)
    return "\n".join([*text, ""]), held


def _line(row: Row, result: Measured) -> str:
    verdict = "reached" if row.held(result) else _MISSED
    command = f"`python -m tools.soak --again --only {row.measurement}`"
    return f"| {row.figure} | {row.aim} | {row.value(result)} | {verdict} | {command} |"


def _machine() -> str:
    facts = machine()
    versions = ", ".join(
        f"{name} {facts['versions'][name]}" for name in ("datar-edge", "ai-edge-litert", "numpy")
    )
    system = f"{facts['os']}, Python {facts['python']}"
    return f"{facts['cpu']}, {facts['cores']} cores, {system}, {versions}"
