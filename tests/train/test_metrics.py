"""Top-k against sorting, ties against us."""

from __future__ import annotations

import numpy as np
import pytest

from datar_edge.train.metrics import in_top_k, top_k_accuracy


@pytest.mark.parametrize("k", [1, 2, 5])
def test_equals_sorting(k: int) -> None:
    rng = np.random.default_rng(9)
    scores, targets = rng.normal(size=(200, 7)), rng.integers(0, 7, 200)
    expected = [target in np.argsort(-row)[:k] for row, target in zip(scores, targets, strict=True)]
    assert in_top_k(scores, targets, k).tolist() == expected
    assert top_k_accuracy(scores, targets, k) == pytest.approx(np.mean(expected))


def test_equal_scores_are_not_right() -> None:
    assert top_k_accuracy(np.zeros((4, 3)), np.array([0, 1, 2, 0]), 1) == 0.0
