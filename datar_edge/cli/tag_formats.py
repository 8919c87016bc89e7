"""What `datar-edge tag` found, written file by file as a table, JSON, JSON lines or CSV."""

from __future__ import annotations

import csv
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Literal, Protocol

from datar_edge.cli.output import as_json, rendered
from datar_edge.errors import ConfigError
from datar_edge.listen.messages import EventEnd
from datar_edge.listen.segments import Segment
from datar_edge.tagging.result import FileResult

FormatName = Literal["table", "json", "jsonl", "csv", "parquet"]

_SUFFIXES: Mapping[str, FormatName] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
_NOTHING = "–"
_SECONDS_DIGITS = 3
_SCORE_DIGITS = 4


class Writer(Protocol):
    """Writes results as they come; nothing of them is kept longer than the format needs."""

    def write(self, result: FileResult) -> None:
        """Writes what one file holds."""
        ...

    def finish(self) -> None:
        """Writes what belongs after the last file."""
        ...


def chosen_format(asked: Mapping[FormatName, bool], output: Path | None) -> FormatName:
    """The format that the options ask for, or else the output's name; a table otherwise.

    Args:
        asked: by format, whether its option is given.
        output: the file; None for standard output.

    Raises:
        ConfigError: two formats are asked for, or Parquet without a file.
    """
    given = [name for name, wanted in asked.items() if wanted]
    if len(given) > 1:
        named = " and ".join(f"--{name}" for name in given)
        raise ConfigError(f"{named} are both given", fix="Give one of them.")
    if output is None and given == ["parquet"]:
        raise ConfigError("--parquet is given without --output", fix="It is no text: name a file.")
    if given:
        return given[0]
    return _SUFFIXES.get(output.suffix.lower(), "table") if output is not None else "table"


def text_writer(name: FormatName, stream: IO[str], *, events: bool) -> Writer:
    """A writer of one of the formats that are text.

    Args:
        name: the format.
        stream: where it goes; the caller closes it.
        events: the results are events, not segments.
    """
    if name == "json":
        return _JsonDocument(stream)
    if name == "jsonl":
        return _JsonLines(stream)
    if name == "csv":
        return _Csv(stream, events=events)
    return _Table(stream, events=events)


def printable(text: str) -> str:
    """Text that any encoding of Unicode can hold; foreign bytes of a path as backslash codes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def flat_rows(result: FileResult) -> Iterator[dict[str, Any]]:
    """A row for each event, or for each tag; a segment without tags has a row without label."""
    name = printable(result.file.path)
    for event in result.events:
        yield {"file": name, **_event(event)}
    for segment in result.segments:
        times = {"file": name, **_times(segment)}
        if not segment.tags:
            yield {**times, "label": None, "score": None}
        for tag in segment.tags:
            yield {**times, "label": tag.label, "score": round(tag.score, _SCORE_DIGITS)}


def _nested(result: FileResult) -> Iterator[dict[str, Any]]:
    """A row for each event, or for each segment with its tags in it."""
    name = printable(result.file.path)
    for event in result.events:
        yield {"file": name, **_event(event)}
    for segment in result.segments:
        tags = [
            {"label": tag.label, "score": round(tag.score, _SCORE_DIGITS)} for tag in segment.tags
        ]
        yield {"file": name, **_times(segment), "tags": tags}


def _event(event: EventEnd) -> dict[str, Any]:
    max_score = round(event.max_score, _SCORE_DIGITS)
    return {**_times(event), "label": event.label, "max_score": max_score}


def _times(item: Segment | EventEnd) -> dict[str, float]:
    return {
        "start_s": round(item.start_s, _SECONDS_DIGITS),
        "end_s": round(item.end_s, _SECONDS_DIGITS),
    }


class _JsonDocument:
    """One list, equal to what `as_json` makes of all rows together."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._before = "[\n"

    def write(self, result: FileResult) -> None:
        for row in _nested(result):
            self._stream.write(self._before + textwrap.indent(as_json(row), "  "))
            self._before = ",\n"

    def finish(self) -> None:
        self._stream.write("[]\n" if self._before == "[\n" else "\n]\n")


class _JsonLines:
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, result: FileResult) -> None:
        for row in _nested(result):
            self._stream.write(json.dumps(row, ensure_ascii=False) + "\n")

    def finish(self) -> None:
        pass


class _Csv:
    def __init__(self, stream: IO[str], *, events: bool) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        last = ("label", "max_score" if events else "score")
        self._writer.writerow(["file", "start_s", "end_s", *last])

    def write(self, result: FileResult) -> None:
        for row in flat_rows(result):
            name, start_s, end_s, label, score = row.values()
            times = (f"{start_s:.{_SECONDS_DIGITS}f}", f"{end_s:.{_SECONDS_DIGITS}f}")
            told = ("", "") if label is None else (label, f"{score:.{_SCORE_DIGITS}f}")
            self._writer.writerow([name, *times, *told])

    def finish(self) -> None:
        pass


class _Table:
    """For people: what is heard in each file, one line a segment or event.

    Columns are as wide as their widest cell, so that it is written at the end.
    """

    def __init__(self, stream: IO[str], *, events: bool) -> None:
        from rich.table import Table  # noqa: PLC0415 (60 ms that the other formats do not need)

        self._stream = stream
        self._table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        self._table.add_column("File", overflow="fold")
        self._table.add_column("Label", overflow="fold", style="bold")
        for name in ("Score", "Start s", "End s"):
            self._table.add_column(name, justify="right", no_wrap=True)
        if not events:
            self._table.add_column("Or", style="dim", overflow="fold")

    def write(self, result: FileResult) -> None:
        from rich.markup import escape  # noqa: PLC0415 (as above)

        rows = [*map(_event_cells, result.events), *map(_segment_cells, result.segments)]
        name = printable(result.file.path)
        for index, row in enumerate(rows or [(_NOTHING,)]):
            self._table.add_row(*map(escape, (name if index == 0 else "", *row)))

    def finish(self) -> None:
        text = rendered(self._table, to_terminal=self._stream is sys.stdout)
        self._stream.write(text.rstrip("\n") + "\n")


def _event_cells(event: EventEnd) -> tuple[str, ...]:
    return (event.label, f"{event.max_score:.2f}", f"{event.start_s:.2f}", f"{event.end_s:.2f}")


def _segment_cells(segment: Segment) -> tuple[str, ...]:
    best = segment.best
    return (
        best.label if best else _NOTHING,
        f"{best.score:.2f}" if best else "",
        f"{segment.start_s:.2f}",
        f"{segment.end_s:.2f}",
        ", ".join(f"{tag.label} {tag.score:.2f}" for tag in segment.tags[1:]),
    )
