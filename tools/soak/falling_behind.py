"""A model that is three times too slow: how late it is, and whether the dropped seconds are exact.

And, by the same means, how late a model is that keeps up.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.closing import Closing
from datar_edge.listen.messages import Scores, Status
from datar_edge.runtime import Session, open_session
from datar_edge.tagger import Tagger
from tools.soak.sounds import recordings

_BLOCK_S = 0.1


class PacedSource(Closing):
    """Real recordings in real time, in blocks; remembers when it began."""

    name = "recordings in real time"
    live = True

    def __init__(self, seconds: float, rate_hz: int) -> None:
        self.sample_rate_hz = rate_hz
        self.begun_s = 0.0
        self._seconds = seconds
        self._stopped = False

    def blocks(self, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
        """See `Source.blocks`."""
        sound, step = recordings(sample_rate_hz), round(_BLOCK_S * sample_rate_hz)
        self.begun_s = time.monotonic()
        for index in range(round(self._seconds / _BLOCK_S)):
            due_s = self.begun_s + (index + 1) * _BLOCK_S
            time.sleep(max(0.0, due_s - time.monotonic()))
            if self._stopped:
                return
            yield np.take(sound, range(index * step, (index + 1) * step), mode="wrap")

    def stop(self) -> None:
        """See `Source.stop`."""
        self._stopped = True

    def close(self) -> None:
        """See `Source.close`."""


class SlowSession(Closing):
    """A model that takes at least so long for a window."""

    def __init__(self, session: Session, seconds: float) -> None:
        self.card = session.card
        self._session = session
        self._seconds = seconds

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """See `Session.run`."""
        until_s = time.monotonic() + self._seconds
        scores = self._session.run(waveform)
        time.sleep(max(0.0, until_s - time.monotonic()))
        return scores

    def close(self) -> None:
        """See `Session.close`."""
        self._session.close()


def delay(*, seconds: float, hop_s: float, slowness: float = 0.0) -> dict[str, Any]:
    """Listens in real time.

    Args:
        seconds: for how long.
        hop_s: distance between windows.
        slowness: what a window takes, in hops; 0 for the model as it is.

    Returns:
        The longest time from the end of a window's sound to its scores, while sound comes in, and
        the seconds dropped, as they are told and as they follow from the windows that came.
    """
    session = SlowSession(open_session(), slowness * hop_s)
    with Tagger(session, hop_s=hop_s) as tagger:
        source = PacedSource(seconds, tagger.card.sample_rate_hz)
        delays, spans = [], []
        with tagger.stream(source) as listener:
            for message in listener:
                if isinstance(message, Scores):
                    now_s = time.monotonic() - source.begun_s
                    if now_s <= seconds:  # after the end of the sound there is no hurry
                        delays.append(now_s - message.end_s)
                    spans.append((message.start_s, message.end_s))
                elif isinstance(message, Status):
                    last = message
            heard_s = listener.health().time_s
        return {
            "seconds": heard_s,
            "windows": len(spans),
            "hop_s": hop_s,
            "window_s": tagger.card.window_s,
            "slowness": slowness,
            "longest_delay_s": max(delays),
            "dropped_s": last.dropped_s,
            "uncovered_s": heard_s - covered_s(spans),
        }


def covered_s(spans: list[tuple[float, float]]) -> float:
    """How much of the time lies in any of the spans, which are sorted by their start."""
    covered, end_s = 0.0, 0.0
    for start_s, stop_s in spans:
        covered += max(0.0, stop_s - max(start_s, end_s))
        end_s = max(end_s, stop_s)
    return covered
