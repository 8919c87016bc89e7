"""Scores smoothed over time, so that the distance of windows does not change their meaning."""

from __future__ import annotations

import math


class ExponentialSmoothing:
    """The exponential moving average of a score, by seconds.

    A score that holds for one second moves the average as far as the same score told twice, half
    a second apart.
    """

    def __init__(self) -> None:
        self._average: float | None = None

    def next(self, score: float, elapsed_s: float, time_constant_s: float) -> float:
        """The average with the next score in it.

        Args:
            score: the next score, which holds for the time since the last one.
            elapsed_s: seconds since the last one.
            time_constant_s: seconds after which the past counts 1/e; 0 for no smoothing.

        Returns:
            The average; the first score as it is.
        """
        if self._average is None or time_constant_s == 0.0:
            self._average = score
        else:
            self._average -= math.expm1(-elapsed_s / time_constant_s) * (score - self._average)
        return self._average
