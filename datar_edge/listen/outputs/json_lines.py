"""Messages as JSON: one object, one line."""

from __future__ import annotations

import dataclasses
import json
import sys

from datar_edge.listen.messages import EventEnd, EventStart, Message, Scores, Status
from datar_edge.listen.outputs.clock import Clock, iso_time

_TYPES = {Scores: "scores", EventStart: "event_start", EventEnd: "event_end", Status: "status"}
_TIMES = {"start_s": "start_time", "end_s": "end_time", "time_s": "time"}
_OPTIONAL = ("clip", "reason")
_SECONDS_DIGITS = 3
_SCORE_DIGITS = 4


def json_line(message: Message, clock: Clock | None = None) -> str:
    """A message as one line of JSON, with a time of day (ISO 8601) beside each second if wanted."""
    told = dataclasses.asdict(message)
    fields = {key: value for key, value in told.items() if key not in _OPTIONAL or value}
    times = {
        _TIMES[key]: iso_time(clock(seconds))
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


class JsonLinesDisplay:
    """Prints messages on standard output, one JSON object a line, each at once.

    Args:
        scores: also print the tags of each window.
        clock: add the time of day.
    """

    name = "--json"

    def __init__(self, *, scores: bool = False, clock: Clock | None = None) -> None:
        self._scores = scores
        self._clock = clock

    def show(self, message: Message) -> None:
        """Prints a message.

        Raises:
            BrokenPipeError: nobody reads standard output any more.
        """
        if self._scores or not isinstance(message, Scores):
            sys.stdout.write(json_line(message, self._clock) + "\n")
            sys.stdout.flush()

    def close(self) -> None:
        """Nothing is left to do: each line is out."""
