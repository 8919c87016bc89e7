"""Measurements as rows, JSON, CSV and a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from datar_edge.cli.output import rendered
from datar_edge.report.benchmark import Measurement, Pair

Measured = Measurement | Pair


def as_rows(results: Sequence[Measured], machine: dict[str, Any]) -> list[dict[str, Any]]:
    """One flat mapping a file, for `--json`.

    Args:
        results: measurements, or pairs where there is something to compare with.
        machine: what they were measured on.
    """
    return [{**_row(result), "machine": machine} for result in results]


def as_csv(results: Sequence[Measured], machine: dict[str, Any]) -> str:
    """A line a file, with the machine's processor at its end."""
    rows = [{**_row(result), "cpu": machine["cpu"], "os": machine["os"]} for result in results]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_table(results: Sequence[Measured], *, to_terminal: bool) -> str:
    """For people: a row a file, and below them how the pairs compare."""
    from rich.markup import escape  # noqa: PLC0415 (60 ms that --json does not need)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("File", overflow="fold")
    table.add_column("Quantize")
    for name in (
        "Size MB",
        "Load ms",
        "First ms",
        "Median ms",
        "p10 to p90",
        "Peak MB",
        "its own",
        "Delegated",
        "in parts",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        both = [result.measured, result.against] if isinstance(result, Pair) else [result]
        for one in both:
            table.add_row(escape(str(one.artifact)), escape(one.quantize), *_cells(one))
    lines = [rendered(table, to_terminal=to_terminal)]
    pairs = [result for result in results if isinstance(result, Pair)]
    if pairs:
        lines += ["", *(_sentence(pair) for pair in pairs)]
    return "\n".join(lines)


def _row(result: Measured) -> dict[str, Any]:
    if isinstance(result, Pair):
        ratio = result.ratio
        return {
            **_measurement(result.measured),
            "against": str(result.against.artifact),
            "against_median_ms": round(result.against.latency.median, 4),
            "against_p90_ms": round(result.against.latency.p90, 4),
            "against_load_ms": round(result.against.load_ms, 3),
            "against_peak_rss_mb": _mb(result.against.peak_rss_bytes),
            "against_size_bytes": result.against.size_bytes,
            "against_over_this": round(ratio.median, 4),
            "against_over_this_p10": round(ratio.p10, 4),
            "against_over_this_p90": round(ratio.p90, 4),
        }
    return _measurement(result)


def _measurement(one: Measurement) -> dict[str, Any]:
    latency = one.latency
    added = one.added_rss_bytes
    return {
        "artifact": str(one.artifact),
        "target": one.target,
        "preset": one.preset,
        "quantize": one.quantize,
        "sampler": one.sampler,
        "window_s": one.window_s,
        "threads": one.threads,
        "rounds": len(one.runs_ms),
        "median_ms": round(latency.median, 4),
        "p10_ms": round(latency.p10, 4),
        "p90_ms": round(latency.p90, 4),
        "first_ms": round(one.first_ms, 4),
        "load_ms": round(one.load_ms, 3),
        "peak_rss_mb": _mb(one.peak_rss_bytes),
        "added_rss_mb": _mb(added),
        "added_rss_per_size": None if added is None else round(added / one.size_bytes, 3),
        "delegate_calls": one.delegate_calls,
        "delegated_ops": one.delegated_ops,
        "ops": one.ops,
        "size_bytes": one.size_bytes,
    }


def _mb(size_bytes: int | None) -> float | None:
    return None if size_bytes is None else round(size_bytes / 1e6, 2)


def _cells(one: Measurement) -> list[str]:
    latency = one.latency
    share = "?" if not one.ops else f"{(one.delegated_ops or 0) / one.ops:.1%}"
    return [
        f"{one.size_bytes / 1e6:.2f}",
        f"{one.load_ms:.1f}",
        f"{one.first_ms:.2f}",
        f"{latency.median:.2f}",
        f"{latency.p10:.2f} to {latency.p90:.2f}",
        _whole_mb(one.peak_rss_bytes),
        _whole_mb(one.added_rss_bytes),
        share,
        "?" if one.delegate_calls is None else str(one.delegate_calls),
    ]


def _whole_mb(size_bytes: int | None) -> str:
    return "?" if size_bytes is None else f"{size_bytes / 1e6:.0f}"


def _sentence(pair: Pair) -> str:
    ratio = pair.ratio
    return (
        f"{pair.against.artifact} takes {ratio.median:.3f} times as long as "
        f"{pair.measured.artifact} ({ratio.p10:.3f} to {ratio.p90:.3f} in the middle eight of ten "
        f"rounds, {len(pair.measured.runs_ms)} rounds in turns)"
    )
