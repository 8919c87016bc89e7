"""What was measured, as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datar_edge.report.machine import machine
from tools.soak import rows_listening, rows_trust
from tools.soak.row import Measured, Row

_TABLES: Mapping[str, tuple[Sequence[Row], Sequence[str]]] = {
    "Left running": (rows_listening.ROWS, rows_listening.NOTES),
    "When something goes wrong": (rows_trust.ROWS, rows_trust.NOTES),
}
"""Title → rows and how they are measured."""


def page(measured: Mapping[str, Measured], *, short: bool) -> tuple[str, bool]:
    """The page, and whether all aims are reached."""
    tables = {
        title: rows
        for title, (every_row, _) in _TABLES.items()
        if (rows := [row for row in every_row if row.measurement in measured])
    }
    lines = [
        "# Reliability",
        "",
        "What listening costs when it is left running, and what happens when something goes wrong.",
        f"`make soak` writes this page{' (this is its short form)' if short else ''}; measured on "
        f"{_machine()}.",
    ]
    for title, rows in tables.items():
        lines += ["", f"## {title}", "", "| figure | aim | measured | | command |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [_line(row, measured[row.measurement]) for row in rows]
        lines += ["", "How it is measured:", "", *_TABLES[title][1]]
    held = all(row.held(measured[row.measurement]) for rows in tables.values() for row in rows)
    return "\n".join([*lines, ""]), held


def _line(row: Row, result: Measured) -> str:
    verdict = "reached" if row.held(result) else "**missed**"
    command = f"`python -m tools.soak --again --only {row.measurement}`"
    return f"| {row.figure} | {row.aim} | {row.value(result)} | {verdict} | {command} |"


def _machine() -> str:
    facts = machine()
    versions = ", ".join(
        f"{name} {facts['versions'][name]}" for name in ("datar-edge", "ai-edge-litert", "numpy")
    )
    system = f"{facts['os']}, Python {facts['python']}"
    return f"{facts['cpu']}, {facts['cores']} cores, {system}, {versions}"
