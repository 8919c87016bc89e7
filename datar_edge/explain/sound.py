"""A recording as models hear it: its scores over time, and the windows that are looked into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import AudioReader
from datar_edge.audio.windows import Window, WindowCutter
from datar_edge.errors import AudioError
from datar_edge.explain.envelope import Envelope
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS, WindowScorer, WindowScores
from datar_edge.runtime.session import Session

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardSound:
    """A recording with the scores of its windows.

    Attributes:
        duration_s: length of the recording.
        envelope: its waveform, small.
        scores: of each session, in turn, the scores of every window.
        shown: the window that is looked into.
        departing: the window in which a score of the second session is furthest from the first's;
            None where there is one session, or nothing but silence.
    """

    duration_s: float
    envelope: Envelope
    scores: tuple[tuple[WindowScores, ...], ...]
    shown: Window
    departing: Window | None


def hear(
    path: Path,
    sessions: Sequence[Session],
    *,
    head: str,
    hop_s: float | None = None,
    min_level_dbfs: float = MIN_LEVEL_DBFS,
    start_s: float | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> HeardSound:
    """Scores a sound file, which is not held in memory whole, by the windows that `tag` takes.

    Args:
        path: the sound.
        sessions: models with the same labels and input; the first's scores choose the window.
        head: whose scores choose it.
        hop_s: seconds between windows; None for the first session's.
        min_level_dbfs: windows below this RMS level are silence and are not scored.
        start_s: start of the window to look into; None for the window with the highest score.
        progress: told the share that is done, 0 to 1.

    Raises:
        AudioError: the file is missing, no sound, empty, cut off or not finite, or has no sound
            at `start_s`.
        ConfigError: the hop or the level is out of its range.
        RuntimeFailureError: a model failed.
    """
    scorers = [
        WindowScorer(session, hop_s=hop_s, min_level_dbfs=min_level_dbfs) for session in sessions
    ]
    rate_hz, size = sessions[0].card.sample_rate_hz, scorers[0].window
    cutter = WindowCutter(window=size, hop=scorers[0].hop)
    scored = _Scored(scorers, head)
    envelope = Envelope(rate_hz)
    with AudioReader(path) as reader:
        if start_s is not None and not 0.0 <= start_s < reader.duration_s:
            raise AudioError(
                f"{path} has no sound at {start_s:g} s",
                fix=f"It is {reader.duration_s:.2f} s long.",
            )
        wanted = _Piece(round((start_s or 0.0) * rate_hz), size)
        for block in reader.blocks(rate_hz):
            envelope.add(block)
            wanted.add(block)
            scored.add(cutter.push(block))
            progress(min(1.0, envelope.samples / rate_hz / reader.duration_s))
    scored.add(cutter.finish())
    return HeardSound(
        duration_s=envelope.samples / rate_hz,
        envelope=envelope,
        scores=tuple(map(tuple, scored.scores)),
        shown=scored.best or wanted.window() if start_s is None else wanted.window(),
        departing=scored.departing,
    )


class _Scored:
    """Scores windows as they come, and keeps two of them: the best, and where models part most."""

    def __init__(self, scorers: Sequence[WindowScorer], head: str) -> None:
        self.scores: list[list[WindowScores]] = [[] for _ in scorers]
        self.best: Window | None = None
        self.departing: Window | None = None
        self._scorers = scorers
        self._head = head
        self._highest = 0.0
        self._furthest = -1.0

    def add(self, windows: Iterable[Window]) -> None:
        """Takes the next windows."""
        for window in windows:
            given = [scorer.score(window) for scorer in self._scorers]
            for scores, one in zip(self.scores, given, strict=True):
                scores.append(one)
            self._keep(window, [one.scores[self._head] for one in given if one.scores])

    def _keep(self, window: Window, scores: Sequence[Array]) -> None:
        if not scores:
            return
        if (highest := float(scores[0].max())) > self._highest:
            self._highest, self.best = highest, window
        apart = max((float(np.abs(one - scores[0]).max()) for one in scores[1:]), default=-1.0)
        if apart > self._furthest:
            self._furthest, self.departing = apart, window


class _Piece:
    """One window of a sound that comes in blocks, wherever it starts.

    Args:
        start: its first sample in the sound.
        size: samples.
    """

    def __init__(self, start: int, size: int) -> None:
        self._start = start
        self._samples = np.zeros(size, np.float32)
        self._position = 0
        self._valid = 0

    def add(self, block: NDArray[np.float32]) -> None:
        """Takes the next float32 `[n]` of the sound."""
        size = len(self._samples)
        first = max(self._start - self._position, 0)
        part = block[first : max(self._start + size - self._position, 0)]
        self._samples[self._valid : self._valid + len(part)] = part
        self._valid += len(part)
        self._position += len(block)

    def window(self) -> Window:
        """The window, zeros after the sound's end."""
        return Window(self._start, self._samples, self._valid)
