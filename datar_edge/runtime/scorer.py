"""From a sound that comes in pieces to the scores of its windows, the same for file and stream."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.windows import Window, WindowCutter, hop_in_samples
from datar_edge.errors import ConfigError, RuntimeFailureError
from datar_edge.runtime.session import Session

MIN_LEVEL_DBFS = -70.0
"""A window below this RMS level is silence and has no tags.

A quiet room recorded by a phone lies around -60 dBFS; 16-bit dither at -98 dBFS. The model was
never shown less than real recordings hold, and would have to name one of its labels.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowScores:
    """What the model made of one window.

    Attributes:
        start_s: start of the window in the sound.
        end_s: its end, or the sound's end where that comes first.
        padded_s: seconds of zeros that fill the window after the sound's end.
        level_dbfs: RMS level of the sound in it.
        scores: float32 `[labels]` by head; None where the window is silence.
    """

    start_s: float
    end_s: float
    padded_s: float
    level_dbfs: float
    scores: Mapping[str, NDArray[np.float32]] | None


class WindowScorer:
    """Cuts a sound into windows and scores them.

    Args:
        session: the model.
        hop_s: distance between windows; None for the card's.
        min_level_dbfs: windows below this RMS level are silence and are not run.

    Raises:
        ConfigError: a value is out of its range.
    """

    def __init__(
        self,
        session: Session,
        *,
        hop_s: float | None = None,
        min_level_dbfs: float = MIN_LEVEL_DBFS,
    ) -> None:
        if not -200.0 <= min_level_dbfs <= 0.0:
            raise ConfigError(
                f"the minimum level is {min_level_dbfs!r} dBFS", fix="Allowed: -200 to 0."
            )
        card = session.card
        self._session = session
        self._rate_hz = card.sample_rate_hz
        self._min_level_dbfs = min_level_dbfs
        self.hop = hop_in_samples(card.hop_s if hop_s is None else hop_s, self._rate_hz)
        """Samples from one window's start to the next's."""
        self.window = card.window_samples
        """Samples of one window."""
        self._cutter = WindowCutter(window=self.window, hop=self.hop)

    def push(self, samples: NDArray[np.float32]) -> Iterator[WindowScores]:
        """Scores of the windows that float32 `[n]` completes.

        Run the iterator to its end before the next call.

        Raises:
            RuntimeFailureError: the model failed or gave scores that are not finite.
        """
        return map(self.score, self._cutter.push(samples))

    def finish(self) -> Iterator[WindowScores]:
        """Score of the last, padded window, if the sound's end needs one."""
        return map(self.score, self._cutter.finish())

    def score_all(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[WindowScores]:
        """Scores of all windows of a sound that comes in blocks of float32 `[n]`."""
        for block in blocks:
            yield from self.push(block)
        yield from self.finish()

    def score(self, window: Window) -> WindowScores:
        """Scores of one window that somebody else has cut.

        Raises:
            RuntimeFailureError: the model failed or gave scores that are not finite.
        """
        level_dbfs = window.level_dbfs
        return WindowScores(
            start_s=window.start / self._rate_hz,
            end_s=(window.start + window.valid) / self._rate_hz,
            padded_s=(len(window.samples) - window.valid) / self._rate_hz,
            level_dbfs=level_dbfs,
            scores=None if level_dbfs < self._min_level_dbfs else self._run(window),
        )

    def _run(self, window: Window) -> Mapping[str, NDArray[np.float32]]:
        scores = self._session.run(window.samples[np.newaxis])
        if not all(math.isfinite(float(values.sum())) for values in scores.values()):
            raise RuntimeFailureError(
                f"the model gave scores that are not finite for the window at "
                f"{window.start / self._rate_hz:.2f} s",
                fix="Samples far above 1.0 can do that; check the sound's level.",
            )
        return scores


def change_s(earlier: WindowScores, later: WindowScores) -> tuple[float, float]:
    """When what was heard in `earlier` ended and what was heard in `later` began.

    Windows that overlap tell no more than that the change lies where both heard: the middle is
    taken, so that the times of what follows each other never overlap.
    """
    if later.start_s >= earlier.end_s:
        return earlier.end_s, later.start_s
    middle = (earlier.end_s + later.start_s) / 2.0
    return middle, middle
