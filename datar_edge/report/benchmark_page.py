"""Measurements as one HTML page with plots, which loads nothing from anywhere."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from datar_edge.report.benchmark import Measurement, Pair
from datar_edge.report.svg import Bar, bars, dots

_STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --line: #767676; --grid: #ddd; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eee; --paper: #16181b; --line: #999; --grid: #3a3d42; }
}
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; border-bottom: 1px solid var(--grid); }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg .grid { stroke: var(--grid); fill: none; }
svg .spread { stroke: var(--ink); stroke-width: 1.5; fill: none; }
dt { font-weight: 600; } dd { margin: 0 0 .4rem; }
"""


def as_page(results: Sequence[Measurement | Pair], machine: Mapping[str, Any]) -> str:
    """The page.

    Args:
        results: at least one.
        machine: what they were measured on.
    """
    files = _each_file(results)
    names = _names(files)
    pairs = [result for result in results if isinstance(result, Pair)]
    sections = [
        _section(
            "Latency of one window",
            "Median; the whiskers are the 10th and the 90th percentile of the rounds.",
            _latency(files, names),
        ),
        _section(
            "Round by round",
            "Steps and slopes are the machine's, not the model's.",
            dots(
                "Latency by round",
                "ms",
                {name: one.runs_ms for name, one in zip(names, files, strict=True)},
            ),
        ),
        *(_ratio(pair) for pair in pairs),
        _memory(files, names),
        _section(
            "Size of the file",
            "",
            bars(
                "Size of the file",
                "MB",
                [
                    Bar(name=name, value=one.size_bytes / 1e6, colour=index)
                    for index, (name, one) in enumerate(zip(names, files, strict=True))
                ],
            ),
        ),
    ]
    body = f"""<h1>Benchmark</h1>
<p>{escape(_summary(files))}</p>
<div class="wide">{_table(files, names)}</div>
{"".join(sections)}
<h2>Machine</h2>
{_machine(machine)}"""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>datar-edge benchmark</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _each_file(results: Sequence[Measurement | Pair]) -> list[Measurement]:
    files: list[Measurement] = []
    for result in results:
        files += [result.measured, result.against] if isinstance(result, Pair) else [result]
    return files


def _names(files: Sequence[Measurement]) -> list[str]:
    """A name for each measurement that no other has: of the file, of its folders where needed."""
    paths = [one.artifact.absolute() for one in files]
    if len({path.name for path in paths}) == len(set(paths)):
        names = [path.name for path in paths]
    else:
        shared = os.path.commonpath([path.parent for path in paths])
        names = [str(path.relative_to(shared)) for path in paths]
    times = [names[: index + 1].count(name) for index, name in enumerate(names)]
    return [f"{name} ({n})" if n > 1 else name for name, n in zip(names, times, strict=True)]


def _latency(files: Sequence[Measurement], names: Sequence[str]) -> str:
    rows = []
    for index, (name, one) in enumerate(zip(names, files, strict=True)):
        spread = one.latency
        rows.append(
            Bar(name=name, value=spread.median, low=spread.p10, high=spread.p90, colour=index)
        )
    return bars("Median latency of each file", "ms", rows)


def _ratio(pair: Pair) -> str:
    name, other = pair.measured.artifact.name, pair.against.artifact.name
    values = [b / a for a, b in zip(pair.measured.runs_ms, pair.against.runs_ms, strict=True)]
    ratio = pair.ratio
    return _section(
        f"{other} ÷ {name}",
        f"Round by round, in turns: {ratio.median:.3f}, {ratio.p10:.3f} to {ratio.p90:.3f} in the "
        "middle eight of ten. Above 1, the second is the faster.",
        dots("Ratio of the latencies by round", "ratio", {f"{other} ÷ {name}": values}),
    )


def _memory(files: Sequence[Measurement], names: Sequence[str]) -> str:
    rows = [
        Bar(name=name, value=one.added_rss_bytes / 1e6, colour=index)
        for index, (name, one) in enumerate(zip(names, files, strict=True))
        if one.added_rss_bytes is not None
    ]
    if not rows:
        return _section("Memory", "This system does not tell.", "")
    text = (
        "The most that loading and running the file added to what the process held with the "
        "runtime already imported."
    )
    return _section("Memory", text, bars("Memory of each file", "MB", rows))


def _section(title: str, text: str, plot: str) -> str:
    told = f"<p>{escape(text)}</p>" if text else ""
    return f"<h2>{escape(title)}</h2>{told}{plot}"


def _table(files: Sequence[Measurement], names: Sequence[str]) -> str:
    heads = ("File", "Runtime", "Quantize", "Size MB", "Load ms", "First ms", "Median ms",
             "p10", "p90", "Peak MB", "Delegated", "Parts")  # fmt: skip
    rows = []
    for name, one in zip(names, files, strict=True):
        latency = one.latency
        cells = (
            name,
            one.target,
            one.quantize,
            f"{one.size_bytes / 1e6:.2f}",
            f"{one.load_ms:.1f}",
            f"{one.first_ms:.2f}",
            f"{latency.median:.2f}",
            f"{latency.p10:.2f}",
            f"{latency.p90:.2f}",
            "?" if one.peak_rss_bytes is None else f"{one.peak_rss_bytes / 1e6:.0f}",
            f"{(one.delegated_ops or 0) / one.ops:.1%}" if one.ops else "?",
            "?" if one.delegate_calls is None else str(one.delegate_calls),
        )
        rows.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    lines = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _summary(files: Sequence[Measurement]) -> str:
    today = dt.datetime.now(tz=dt.timezone.utc).date()
    fewest = min(len(one.runs_ms) for one in files)
    most = max(len(one.runs_ms) for one in files)
    rounds = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    windows = sorted({one.window_s for one in files})
    seconds = " or ".join(f"{window:g}" for window in windows)
    return (
        f"{today.isoformat()}: {rounds} rounds of real sound, windows of {seconds} s, "
        f"{files[0].threads} thread(s), each file in a process of its own."
    )


def _machine(machine: Mapping[str, Any]) -> str:
    facts = {name: value for name, value in machine.items() if name != "versions"}
    facts["versions"] = ", ".join(f"{k} {v}" for k, v in machine["versions"].items())
    rows = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(str(value))}</dd>"
        for name, value in facts.items()
    )
    return f"<dl>{rows}</dl>"
