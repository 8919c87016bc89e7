"""A report as one HTML page, which loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from datar_edge.report.page.accuracy_view import accuracy_view
from datar_edge.report.page.benchmark_view import benchmark_view
from datar_edge.report.page.card_view import architecture_view, card_view
from datar_edge.report.page.formats import versions, when
from datar_edge.report.page.markup import Html, cleaned, facts, joined, paragraph, tag, text
from datar_edge.report.page.parity_view import parity_view
from datar_edge.report.page.plan import SECTIONS, Entry, Figures, Report
from datar_edge.report.page.sensitivity_view import sensitivity_view
from datar_edge.report.page.style import STYLE, policy
from datar_edge.report.page.summary_view import summary_view

_VIEWS: Mapping[str, Callable[[Sequence[tuple[str, Figures]]], Html]] = {
    "card": card_view,
    "architecture": architecture_view,
    "accuracy": accuracy_view,
    "parity": parity_view,
    "benchmark": benchmark_view,
    "sensitivity": sensitivity_view,
}


def as_page(report: Report) -> str:
    """The page.

    Args:
        report: what it tells.
    """
    report = _cleaned(report)
    name = Path(report.model).name
    body = joined(
        tag(
            "header",
            tag("h1", text(f"Report on {name}")),
            paragraph(f"Made by datar-edge report, {when(report.made)}.", class_="source"),
            _contents(),
            summary_view(report),
        ),
        tag("main", *(_section(section, report) for section in SECTIONS)),
        tag("footer", _machines(report)),
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{text(f"Report on {name}")}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _cleaned(report: Report) -> Report:
    """With texts fit for a page, and files by their names where these tell them apart."""
    fields = cleaned(asdict(report))
    files = {each["file"] for each in fields["entries"]}
    names = {file: Path(file).name for file in files}
    if len(set(names.values())) < len(files):
        names = {file: file for file in files}
    entries = [Entry(**{**each, "file": names[each["file"]]}) for each in fields["entries"]]
    return Report(**{**fields, "entries": entries})


def _contents() -> Html:
    links = (tag("li", tag("a", text(title), href=f"#{name}")) for name, title in SECTIONS.items())
    return tag("nav", tag("ul", *links), aria_label="Sections")


def _section(section: str, report: Report) -> Html:
    measured = report.measured(section)
    return tag(
        "section",
        tag("h2", text(SECTIONS[section]), id=f"{section}-title"),
        *(_missing(each, report) for each in report.of(section) if each.figures is None),
        _VIEWS[section](measured) if measured else Html(""),
        *_sources(report.of(section), report),
        id=section,
        aria_labelledby=f"{section}-title",
    )


def _missing(entry: Entry, report: Report) -> Html:
    return tag(
        "p",
        text(f"Not measured: {SECTIONS[entry.section].lower()} of {entry.file}. {entry.needs} "),
        text("The command that prints it:"),
        tag("code", text(entry.command)),
        text("and that puts it on this page:"),
        tag("code", text(report.commands[entry.section])),
        class_="missing",
    )


def _sources(entries: Sequence[Entry], report: Report) -> list[Html]:
    """When, where and by which commands; those of one time together."""
    commands: dict[str, list[str]] = {}
    for entry in entries:
        if entry.figures is not None:
            commands.setdefault(_when_and_where(entry, report), []).append(entry.command)
    return [
        tag("p", text(told), *(tag("code", text(each)) for each in several), class_="source")
        for told, several in commands.items()
    ]


def _when_and_where(entry: Entry, report: Report) -> str:
    if entry.machine == report.machine:
        return f"Measured {when(entry.measured)}, as by:"
    place = f"{entry.machine['cpu']}, with {versions(entry.machine)}"
    return f"Measured {when(entry.measured)}, on {place}, as by:"


def _machines(report: Report) -> Html:
    machine = report.machine
    return joined(
        tag("h2", text("Machine and versions")),
        paragraph("Where nothing else is said, what was measured ran here."),
        facts(
            {
                "Processor": f"{machine['cpu']}, {machine['cores']} cores",
                "Memory": f"{machine['memory_gb'] or '?'} GB",
                "System": f"{machine['os']}, Python {machine['python']}",
                "Packages": versions(machine),
            }
        ),
    )
