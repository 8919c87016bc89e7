"""How listening is at a moment: what a display, a watchdog and a monitoring system ask for."""

from __future__ import annotations

from dataclasses import dataclass

from datar_edge.listen.messages import EventStart, State
from datar_edge.runtime.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A snapshot; taken from any thread at any time.

    Attributes:
        state: as last told by a `Status`.
        source: name of the device or file.
        time_s: seconds of sound that have arrived, gaps included.
        windows: windows scored so far.
        events: events begun so far.
        dropped_s: seconds of sound that were lost or skipped so far.
        level_dbfs: RMS level of the last block of sound.
        inference_ms: what the last window took to score, 0 before the first.
        core_share: CPU time of the process over wall time since listening began, 1 for one core.
        sound_age_s: wall seconds since sound last arrived.
        running: events that have begun and not ended.
        tags: of the last window, best first.
    """

    state: State
    source: str
    time_s: float
    windows: int
    events: int
    dropped_s: float
    level_dbfs: float
    inference_ms: float
    core_share: float
    sound_age_s: float
    running: tuple[EventStart, ...]
    tags: tuple[Tag, ...]
