"""How events are laid out in the text files that other programs open."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Protocol

from datar_edge.listen.messages import EventEnd, Message, Scores
from datar_edge.listen.outputs.clock import Clock, iso_time
from datar_edge.listen.outputs.json_lines import json_line

_CSV_COLUMNS = ("label", "start_s", "end_s", "max_score", "start_time", "end_time", "clip")
_RAVEN_COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Label",
    "Score",
)
_AUDACITY_LINE = re.compile(r"\d+\.\d{6}\t\d+\.\d{6}\t\S[^\t]*")


class Layout(Protocol):
    """A kind of text file with one line a message.

    Attributes:
        kind: what people call it.
        header: its first line, empty for none.
    """

    kind: str
    header: str

    def is_line(self, line: str) -> bool:
        """Whether a line, without its end, is a whole one that this layout wrote."""

    def line(self, message: Message) -> str | None:
        """A message as a line, without its end; None where it has no place in such a file."""

    def resume(self, last_line: str) -> None:
        """Goes on after this line of an earlier run; empty where there is none."""


class JsonLayout:
    """JSON lines, as `--json` prints them.

    Args:
        scores: also the tags of each window.
        clock: add the time of day.
    """

    kind = "file of JSON lines"
    header = ""

    def __init__(self, *, scores: bool = False, clock: Clock | None = None) -> None:
        self._scores = scores
        self._clock = clock

    def is_line(self, line: str) -> bool:
        """Whether it is a JSON object with a type."""
        try:
            data = json.loads(line)
        except ValueError:
            return False
        return isinstance(data, dict) and "type" in data

    def line(self, message: Message) -> str | None:
        """Any message but scores that are not wanted."""
        wanted = self._scores or not isinstance(message, Scores)
        return json_line(message, self._clock) if wanted else None

    def resume(self, last_line: str) -> None:
        """Lines do not depend on each other."""


class CsvLayout:
    """A table of events; RFC 4180 but for the line ends.

    Args:
        clock: fills the columns `start_time` and `end_time`; they are empty without it.
    """

    kind = "CSV table"
    header = ",".join(_CSV_COLUMNS)

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock

    def is_line(self, line: str) -> bool:
        """Whether it has all columns."""
        return len(next(csv.reader([line]), [])) == len(_CSV_COLUMNS)

    def line(self, message: Message) -> str | None:
        """An event that has ended."""
        if not isinstance(message, EventEnd):
            return None
        times = (message.start_s, message.end_s)
        days = [iso_time(self._clock(time_s)) if self._clock else "" for time_s in times]
        score = f"{message.max_score:.4f}"
        row = [_told(message.label), *_seconds(times, 3), score, *days, message.clip or ""]
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(row)
        return text.getvalue()

    def resume(self, last_line: str) -> None:
        """Rows do not depend on each other."""


class AudacityLayout:
    """A label track of Audacity: start, end, and label with score; seconds, tabs."""

    kind = "Audacity label track"
    header = ""

    def is_line(self, line: str) -> bool:
        """Whether it is two times and a text."""
        return _AUDACITY_LINE.fullmatch(line) is not None

    def line(self, message: Message) -> str | None:
        """An event that has ended."""
        if not isinstance(message, EventEnd):
            return None
        times = _seconds((message.start_s, message.end_s), 6)
        return "\t".join([*times, f"{_told(message.label)} {message.max_score:.2f}"])

    def resume(self, last_line: str) -> None:
        """Labels do not depend on each other."""


class RavenLayout:
    """A selection table of Raven, one numbered selection an event, over all frequencies.

    Args:
        sample_rate_hz: that the model hears; selections reach up to half of it.
    """

    kind = "Raven selection table"
    header = "\t".join(_RAVEN_COLUMNS)

    def __init__(self, *, sample_rate_hz: int) -> None:
        self._high_hz = sample_rate_hz / 2
        self._selections = 0

    def is_line(self, line: str) -> bool:
        """Whether it is a numbered selection with all columns."""
        cells = line.split("\t")
        return len(cells) == len(_RAVEN_COLUMNS) and cells[0].isdecimal()

    def line(self, message: Message) -> str | None:
        """An event that has ended."""
        if not isinstance(message, EventEnd):
            return None
        self._selections += 1
        times = _seconds((message.start_s, message.end_s), 6)
        place = [str(self._selections), "Spectrogram 1", "1", *times, "0.0", f"{self._high_hz:.1f}"]
        return "\t".join([*place, _told(message.label), f"{message.max_score:.4f}"])

    def resume(self, last_line: str) -> None:
        """Numbers go on, as they are unique within a table."""
        self._selections = int(last_line.partition("\t")[0]) if self.is_line(last_line) else 0


def _seconds(times: tuple[float, ...], digits: int) -> list[str]:
    return [f"{time_s:.{digits}f}" for time_s in times]


def _told(label: str) -> str:
    """A label without tabs and line ends."""
    return " ".join(label.split())
