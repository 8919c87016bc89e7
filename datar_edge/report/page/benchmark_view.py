"""What the exported files cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from datar_edge.report.page.formats import MISSING, megabytes
from datar_edge.report.page.markup import Html, figure, joined, paragraph, table
from datar_edge.report.page.plan import Figures
from datar_edge.report.svg import Bar, bars

Files = Sequence[tuple[str, Figures]]


def benchmark_view(files: Files) -> Html:
    """A row a file, then pictures of time, memory and size.

    Args:
        files: each with its figures.
    """
    columns = (
        *("File", "Runtime", "Quantization", "Median ms", "p10", "p90", "First ms", "Load ms"),
        *("Peak MB", "its own", "Size MB", "Delegated", "in parts"),
    )
    (_, first), *_ = files
    return joined(
        paragraph(
            f"Milliseconds of one window of {first['window_s']:g} s, {first['threads']} thread(s), "
            "each file in a process of its own; memory is the most that was resident, and of that "
            "what loading and running the file added."
        ),
        table("Cost of each file", columns, [_row(*each) for each in files]),
        figure(
            "Median latency; the whiskers are the 10th and the 90th percentile of the runs.",
            bars("Median latency of each file", "ms", _latency(files)),
        ),
        _bars(files, "Memory that each file added", lambda one: one["added_rss_bytes"]),
        _bars(files, "Size of each file", lambda one: one["size_bytes"]),
    )


def _row(name: str, one: Figures) -> tuple[str, ...]:
    ops, parts = one["ops"], one["delegate_calls"]
    return (
        name,
        one["target"],
        one["quantize"],
        *(f"{one[each]:.2f}" for each in ("median", "p10", "p90", "first_ms")),
        f"{one['load_ms']:.1f}",
        megabytes(one["peak_rss_bytes"]),
        megabytes(one["added_rss_bytes"]),
        megabytes(one["size_bytes"]),
        f"{(one['delegated_ops'] or 0) / ops:.1%} of {ops}" if ops else MISSING,
        MISSING if parts is None else str(parts),
    )


def _latency(files: Files) -> list[Bar]:
    return [
        Bar(name=name, value=one["median"], low=one["p10"], high=one["p90"], colour=index)
        for index, (name, one) in enumerate(files)
    ]


def _bars(files: Files, title: str, size_bytes: Callable[[Figures], float | None]) -> Html:
    rows = [
        Bar(name=name, value=size / 1e6, colour=index)
        for index, (name, one) in enumerate(files)
        if (size := size_bytes(one)) is not None
    ]
    return figure(f"{title}.", bars(title, "MB", rows)) if rows else Html("")
