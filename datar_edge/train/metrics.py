"""Accuracy of ranked scores; numpy only, so that a device can evaluate itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

METRICS = ("_top1", "_top5", "_quiet")
"""What the names of metrics end in."""


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
        heads: scores `[N, labels]` and targets `[N]` of each head; negatives do not count.
    """
    right = [in_top_k(*_labelled(scores, targets), 1) for scores, targets in heads]
    return float(np.logical_and.reduce(right).mean())


def top_k_accuracy(scores: NDArray[np.floating], targets: NDArray[np.integer], k: int) -> float:
    """Share of targets among the k best scores, 0 to 1."""
    return float(in_top_k(scores, targets, k).mean())


def accuracies(
    head: str, scores: NDArray[np.floating], targets: NDArray[np.integer]
) -> dict[str, float]:
    """The metrics of a head, 0 to 1, by name.

    Args:
        head: its name.
        scores: `[N, labels]`, a distribution a row, up to a factor.
        targets: class indices `[N]`, below 0 for negatives.

    Returns:
        `HEAD_top1` and `HEAD_top5` over the labelled, and, where there are negatives,
        `HEAD_quiet`: the share of them of which no label gets half of the score or more.
    """
    labelled = _labelled(scores, targets)
    found = {f"{head}_top{k}": top_k_accuracy(*labelled, k) for k in (1, 5)}
    negative = scores[targets < 0]
    if len(negative):
        quiet = negative.max(axis=1) < 0.5 * negative.sum(axis=1)
        found[f"{head}_quiet"] = float(quiet.mean())
    return found


def _labelled(
    scores: NDArray[np.floating], targets: NDArray[np.integer]
) -> tuple[NDArray[np.floating], NDArray[np.integer]]:
    return scores[targets >= 0], targets[targets >= 0]
