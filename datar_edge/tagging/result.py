"""What tagging makes of one file, and its form as a line of JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from datar_edge.listen.messages import EventEnd
from datar_edge.listen.segments import Segment
from datar_edge.runtime.tags import Tag
from datar_edge.tagging.planned import PlannedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """One file and what it holds.

    Attributes:
        file: the file.
        segments: where segments are wanted, in the order of time.
        events: where events are wanted, in the order in which they begin.
        failure: why it could not be tagged, as one line; empty where it was.
    """

    file: PlannedFile
    segments: tuple[Segment, ...] = ()
    events: tuple[EventEnd, ...] = ()
    failure: str = ""

    def to_json(self) -> str:
        """One line of JSON, with every digit: `from_json` gives an equal result."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> FileResult:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: it is cut off or something else.
        """
        try:
            data = json.loads(line)
            return cls(
                file=PlannedFile(**data["file"]),
                segments=tuple(_segment(each) for each in data["segments"]),
                events=tuple(EventEnd(**each) for each in data["events"]),
                failure=data["failure"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no result of tagging: {line[:80]}") from error


def _segment(data: dict[str, Any]) -> Segment:
    tags = tuple(Tag(**each) for each in data.pop("tags"))
    return Segment(tags=tags, **data)
