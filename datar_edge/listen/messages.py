"""What listening tells: events, scores, and how it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from datar_edge.runtime.tags import Tag

State: TypeAlias = Literal["listening", "device_lost", "device_back", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The tags of one window.

    Attributes:
        start_s: start of the window, in seconds from the start of listening.
        end_s: its end.
        tags: best first; empty for silence.
    """

    start_s: float
    end_s: float
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStart:
    """A label begins to be heard.

    Attributes:
        id: of the event, counted from 1; its end carries the same.
        label: what is heard.
        start_s: since when, in seconds from the start of listening.
        score: of the window that started it, 0 to 1.
    """

    id: int
    label: str
    start_s: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEnd:
    """A label is not heard any more.

    Attributes:
        id: of the event.
        label: what was heard.
        start_s: since when, in seconds from the start of listening.
        end_s: until when.
        max_score: highest score of a window in it, 0 to 1.
        clip: the recording that was kept of it, where one was.
    """

    id: int
    label: str
    start_s: float
    end_s: float
    max_score: float
    clip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How listening goes, told when it changes.

    Attributes:
        state: what has just begun.
        time_s: when, in seconds from the start of listening.
        dropped_s: seconds of sound that were lost or skipped so far.
        windows: windows heard so far.
        reason: why, where there is something to say.
    """

    state: State
    time_s: float
    dropped_s: float
    windows: int
    reason: str = ""


Message: TypeAlias = Status | Scores | EventStart | EventEnd
