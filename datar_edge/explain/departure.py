"""Where an exported file's scores part from the float model's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.runtime.scorer import WindowScores

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Departure:
    """The differences of all scores of a head.

    Attributes:
        differences: `[windows, labels]`, the file's score minus the float model's; NaN where the
            window is silence.
        window: number of the window in which they part most, from 0.
        label: number of the label.
        float_score: what the float model gives there.
        file_score: what the file gives there.
        same_best: share of the windows in which both have the same best label, 0 to 1.
    """

    differences: Array
    window: int
    label: int
    float_score: float
    file_score: float
    same_best: float

    @property
    def largest(self) -> float:
        """The largest difference, with its sign."""
        return float(self.differences[self.window, self.label])


def departure(
    floats: Sequence[WindowScores], files: Sequence[WindowScores], head: str
) -> Departure | None:
    """Compares the scores of the same windows.

    Args:
        floats: of the float model.
        files: of the exported file.
        head: whose scores.

    Returns:
        The differences; None where all windows are silence.
    """
    scored = [
        (index, one.scores[head], other.scores[head])
        for index, (one, other) in enumerate(zip(floats, files, strict=True))
        if one.scores is not None and other.scores is not None
    ]
    if not scored:
        return None
    wanted = np.stack([one for _, one, _ in scored]).astype(np.float64)
    given = np.stack([other for _, _, other in scored]).astype(np.float64)
    differences = np.full((len(floats), wanted.shape[1]), np.nan)
    differences[[index for index, _, _ in scored]] = given - wanted
    row, label = np.unravel_index(np.abs(given - wanted).argmax(), wanted.shape)
    return Departure(
        differences=differences,
        window=scored[row][0],
        label=int(label),
        float_score=float(wanted[row, label]),
        file_score=float(given[row, label]),
        same_best=float((wanted.argmax(axis=1) == given.argmax(axis=1)).mean()),
    )
