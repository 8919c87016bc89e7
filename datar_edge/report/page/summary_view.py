"""The figures that a reader looks for first."""

from __future__ import annotations

from datar_edge.report.page.formats import MISSING, between, decibels, megabytes, percent
from datar_edge.report.page.markup import Html, facts, joined, table, tag
from datar_edge.report.page.plan import Figures, Report


def summary_view(report: Report) -> Html:
    """The model in a few figures, and a row a file.

    Args:
        report: what was measured.
    """
    files = [name for name, _ in report.measured("card")[1:]]
    columns = ("File", "Size MB", "Median ms", "p90 ms", "Same best label", "SQNR dB", "Top-1")
    rows = [_row(name, report) for name in files]
    return tag(
        "div",
        joined(
            facts(_model(report)),
            table("Files for devices", columns, rows) if rows else Html(""),
        ),
        class_="summary",
    )


def _model(report: Report) -> dict[str, str]:
    told = {}
    for _, card in report.measured("card")[:1]:
        told["Parameters"] = f"{card['parameters']:,}"
        told["Multiply-accumulates a window"] = f"{card['macs'] / 1e6:,.1f} million"
        told["Window"] = f"{card['window_s']:g} s at {card['sample_rate_hz']:,} Hz"
    for _, accuracy in report.measured("accuracy"):
        for head, one in accuracy["heads"].items():
            name = "Top-1" if len(accuracy["heads"]) == 1 else f"Top-1, {head}"
            own = " of its training" if accuracy["trained_on"] else ""
            told[f"{name} on {accuracy['data']}, {one['clips']:,} clips{own}"] = (
                f"{percent(one['top1'])} ({between(one['top1_interval'])})"
            )
    return told


def _row(name: str, report: Report) -> tuple[str, ...]:
    card = _of(report, "card", name)
    cost = _of(report, "benchmark", name)
    near = _of(report, "parity", name)
    return (
        name,
        megabytes(card["size_bytes"]),
        f"{cost['median']:.2f}" if cost else MISSING,
        f"{cost['p90']:.2f}" if cost else MISSING,
        percent(near["top1_agreement"]) if near else MISSING,
        decibels(near["over_windows"]["sqnr_db"]) if near else MISSING,
        percent(near["artifact_top1"]) if near else MISSING,
    )


def _of(report: Report, section: str, name: str) -> Figures:
    return dict(report.measured(section)).get(name, {})
