"""What `datar-edge tag` found, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datar_edge.cli.output import as_json, rendered
from datar_edge.errors import ConfigError
from datar_edge.listen.segments import Segment

_NOTHING = "–"


@dataclass(frozen=True)
class TaggedFile:
    """A file and what it holds."""

    path: Path
    segments: list[Segment]


Writer = Callable[[Sequence[TaggedFile]], str]


def chosen_format(*, to_json: bool, to_csv: bool, output: Path | None) -> Writer:
    """The format that the options ask for, or else the output's name; a table otherwise.

    Raises:
        ConfigError: two formats are asked for.
    """
    if to_json and to_csv:
        raise ConfigError("--json and --csv are both given", fix="Give one of them.")
    suffix = output.suffix.lower() if output is not None else ""
    if to_json or (suffix == ".json" and not to_csv):
        return json_document
    if to_csv or suffix == ".csv":
        return csv_rows
    return lambda tagged: table(tagged, to_terminal=output is None)


def json_document(tagged: Sequence[TaggedFile]) -> str:
    """A list of segments: file, start_s, end_s, tags."""
    return as_json(
        [
            {
                "file": str(item.path),
                "start_s": round(segment.start_s, 3),
                "end_s": round(segment.end_s, 3),
                "tags": [
                    {"label": tag.label, "score": round(tag.score, 4)} for tag in segment.tags
                ],
            }
            for item in tagged
            for segment in item.segments
        ]
    )


def csv_rows(tagged: Sequence[TaggedFile]) -> str:
    """A row for each tag; a segment without tags has one row, label and score empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "start_s", "end_s", "label", "score"])
    for item in tagged:
        for segment in item.segments:
            times = [f"{segment.start_s:.3f}", f"{segment.end_s:.3f}"]
            tags = [[tag.label, f"{tag.score:.4f}"] for tag in segment.tags] or [["", ""]]
            writer.writerows([str(item.path), *times, *tag] for tag in tags)
    return text.getvalue()


def table(tagged: Sequence[TaggedFile], *, to_terminal: bool) -> str:
    """A table for people: the best label of each segment, and what else it might be."""
    from rich.table import Table  # noqa: PLC0415 (60 ms that --json and --csv do not need)

    result = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    result.add_column("File", overflow="fold")
    result.add_column("Label", overflow="fold", style="bold")
    for name in ("Score", "Start s", "End s"):
        result.add_column(name, justify="right", no_wrap=True)
    result.add_column("Or", style="dim", overflow="fold")
    for item in tagged:
        for row in _cells(item):
            result.add_row(*row)
    return rendered(result, to_terminal=to_terminal)


def _cells(item: TaggedFile) -> Iterator[list[str]]:
    from rich.markup import escape  # noqa: PLC0415 (as in `table`)

    for index, segment in enumerate(item.segments):
        best = segment.best
        yield [
            escape(str(item.path)) if index == 0 else "",
            escape(best.label) if best else _NOTHING,
            f"{best.score:.2f}" if best else "",
            f"{segment.start_s:.2f}",
            f"{segment.end_s:.2f}",
            escape(", ".join(f"{tag.label} {tag.score:.2f}" for tag in segment.tags[1:])),
        ]
