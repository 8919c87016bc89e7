"""What listening prints: lines for people, or JSON lines for programs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from rich.console import Console
from rich.text import Text

from datar_edge.listen.messages import EventEnd, EventStart, Message, Scores, Status

_TYPES = {Scores: "scores", EventStart: "event_start", EventEnd: "event_end", Status: "status"}
_TIMES = {"start_s": "start_time", "end_s": "end_time", "time_s": "time"}
_OPTIONAL = ("clip", "reason")
_SECONDS_DIGITS = 3
_SCORE_DIGITS = 4

Clock = Callable[[float], datetime]
"""Tells the time of day of a moment given in seconds since the start of listening."""


def clock_from(begun: datetime) -> Clock:
    """A clock that counts from the time at which listening began."""
    return lambda seconds: begun + timedelta(seconds=seconds)


def json_line(message: Message, clock: Clock | None = None) -> str:
    """A message as one line of JSON, with a time of day (ISO 8601) beside each second if wanted."""
    told = dataclasses.asdict(message)
    fields = {key: value for key, value in told.items() if key not in _OPTIONAL or value}
    times = {
        _TIMES[key]: clock(seconds).isoformat(timespec="milliseconds")
        for key, seconds in fields.items()
        if clock is not None and key in _TIMES
    }
    data = {"type": _TYPES[type(message)], **_rounded(fields), **times}
    return json.dumps(data, ensure_ascii=False)


def _rounded(data: dict[str, object]) -> dict[str, object]:
    return {key: _rounded_value(key, value) for key, value in data.items()}


def _rounded_value(key: str, value: object) -> object:
    if isinstance(value, float):
        return round(value, _SECONDS_DIGITS if key.endswith("_s") else _SCORE_DIGITS)
    if isinstance(value, dict):
        return _rounded(value)
    if isinstance(value, list | tuple):
        return [_rounded_value(key, item) for item in value]
    return value


class LineDisplay:
    """Prints events on standard output, and scores if wanted, one a line.

    Args:
        scores: also print the tags of each window.
        clock: show the time of day instead of seconds.
    """

    def __init__(self, *, scores: bool = False, clock: Clock | None = None) -> None:
        self._console = Console(highlight=False)
        self._scores = scores
        self._clock = clock

    def show(self, message: Message) -> None:
        """Prints a message; `Status` is left to the caller."""
        if isinstance(message, EventStart):
            self._print(message.start_s, "▶", f"{message.label}  {message.score:.2f}", "bold green")
        elif isinstance(message, EventEnd):
            length_s = message.end_s - message.start_s
            told = f"{message.label}  {length_s:.1f} s, at most {message.max_score:.2f}"
            self._print(message.end_s, "■", told, "green")
        elif isinstance(message, Scores) and self._scores:
            tags = ", ".join(f"{tag.label} {tag.score:.2f}" for tag in message.tags) or "–"
            self._print(message.start_s, " ", tags, "dim")

    def _print(self, seconds: float, mark: str, told: str, style: str) -> None:
        time = f"{self._clock(seconds):%H:%M:%S}" if self._clock else f"{seconds:9.2f}"
        self._console.print(Text(f"{time}  {mark} {told}", style=style), soft_wrap=True)
