"""How far scores can be taken for probabilities, and the temperature that brings them closer.

After Guo et al., "On Calibration of Modern Neural Networks" (2017).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of equal width, as in the paper."""

_SMALLEST = 1e-30
_STEPS = 60


def expected_calibration_error(
    scores: NDArray[np.floating], targets: NDArray[np.integer], bins: int = BINS
) -> float:
    """Mean distance of the best score from how often the best label is right, 0 to 1.

    Args:
        scores: `[N, labels]`, each row a distribution.
        targets: class indices `[N]`.
        bins: that the best scores are sorted into; each counts by its share of the examples.
    """
    best = scores.max(axis=1)
    right = scores.argmax(axis=1) == targets
    of_bin = np.minimum((best * bins).astype(np.int64), bins - 1)
    # Of a bin: examples × |mean score − share right|.
    apart = np.bincount(of_bin, weights=best - right, minlength=bins)
    return float(np.abs(apart).sum() / len(best))


def fit_temperature(scores: NDArray[np.floating], targets: NDArray[np.floating]) -> float:
    """The temperature by which logits are divided to make the cross-entropy smallest.

    It is searched between 1/32 and 32; the cross-entropy is convex in its inverse.

    Args:
        scores: `[N, labels]`, softmax of the logits.
        targets: `[N, labels]`, a distribution a row; one that is the same for every label says
            that none of them is right.
    """
    logits = np.log(np.maximum(scores.astype(np.float64), _SMALLEST))
    low, high = np.log(1 / 32), np.log(32)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _slope(logits, targets, np.exp(middle)) > 0.0:
            high = middle
        else:
            low = middle
    return float(np.exp(-(low + high) / 2))


def at_temperature(scores: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """The scores `[N, labels]` that the same logits give at a temperature."""
    logits = np.log(np.maximum(scores.astype(np.float64), _SMALLEST)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def _slope(
    logits: NDArray[np.float64], targets: NDArray[np.floating], inverse: float
) -> np.float64:
    """Of the cross-entropy, by the inverse temperature."""
    scores = at_temperature(np.exp(logits), 1.0 / inverse)
    slope: np.float64 = ((scores - targets) * logits).sum()
    return slope
