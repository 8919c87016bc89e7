"""Accuracy of ranked scores; numpy only, so that a device can evaluate itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def in_top_k(
    scores: NDArray[np.floating], targets: NDArray[np.integer], k: int
) -> NDArray[np.bool_]:
    """Whether each target is among the k best scores.

    Args:
        scores: `[N, labels]`; a tie counts against the target, so that equal scores for all are
            not called right.
        targets: class indices `[N]`.
        k: 1 or more.

    Returns:
        bool `[N]`.
    """
    own = np.take_along_axis(scores, targets[:, None], axis=1)
    better_or_equal = (scores >= own).sum(axis=1)  # counts the target itself
    return np.asarray(better_or_equal <= k)


def all_heads_accuracy(
    heads: Sequence[tuple[NDArray[np.floating], NDArray[np.integer]]],
) -> float:
    """Share of examples whose every head is right: EPIC-KITCHENS' action is verb and noun.

    Args:
        heads: scores `[N, labels]` and targets `[N]` of each head.
    """
    right = [in_top_k(scores, targets, 1) for scores, targets in heads]
    return float(np.logical_and.reduce(right).mean())


def top_k_accuracy(scores: NDArray[np.floating], targets: NDArray[np.integer], k: int) -> float:
    """Share of targets among the k best scores, 0 to 1."""
    return float(in_top_k(scores, targets, k).mean())
