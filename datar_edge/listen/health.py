"""How listening is at a moment: what a display, a watchdog and a monitoring system ask for."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datar_edge.listen.messages import EventStart, Message, Scores, State, Status
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
        level_dbfs: RMS level of the last block of sound, -inf for zeros.
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


class HealthMeter:
    """What `Health` needs of the messages and the sound; from any thread."""

    def __init__(self) -> None:
        self._state: State = "listening"
        self._events = 0
        self._running: dict[int, EventStart] = {}
        self._tags: tuple[Tag, ...] = ()
        self._level_dbfs = float("-inf")
        self._begun_s = self._sound_s = time.monotonic()
        self._cpu_s = time.process_time()
        self._lock = threading.Lock()

    def hear(self, samples: NDArray[np.float32]) -> None:
        """Sound has arrived: float32 `[n]`."""
        power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
        with self._lock:
            self._sound_s = time.monotonic()
            self._level_dbfs = 10.0 * math.log10(power) if power > 0.0 else float("-inf")

    def tell(self, message: Message) -> None:
        """A message is on its way."""
        with self._lock:
            if isinstance(message, Status):
                self._state = message.state
            elif isinstance(message, Scores):
                self._tags = message.tags
            elif isinstance(message, EventStart):
                self._events += 1
                self._running[message.id] = message
            else:
                self._running.pop(message.id, None)

    def snapshot(
        self, *, source: str, time_s: float, dropped_s: float, windows: int, inference_ms: float
    ) -> Health:
        """All of it, with what others count."""
        now_s = time.monotonic()
        with self._lock:
            return Health(
                state=self._state,
                source=source,
                time_s=time_s,
                windows=windows,
                events=self._events,
                dropped_s=dropped_s,
                level_dbfs=self._level_dbfs,
                inference_ms=inference_ms,
                core_share=(time.process_time() - self._cpu_s) / max(now_s - self._begun_s, 1e-3),
                sound_age_s=now_s - self._sound_s,
                running=tuple(self._running.values()),
                tags=self._tags,
            )
