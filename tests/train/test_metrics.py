"""Top-k against sorting, ties against us."""

from __future__ import annotations

import numpy as np
import pytest

from datar_edge.train.metrics import accuracies, all_heads_accuracy, in_top_k, top_k_accuracy


@pytest.mark.parametrize("k", [1, 2, 5])
def test_equals_sorting(k: int) -> None:
    rng = np.random.default_rng(9)
    scores, targets = rng.normal(size=(200, 7)), rng.integers(0, 7, 200)
    expected = [target in np.argsort(-row)[:k] for row, target in zip(scores, targets, strict=True)]
    assert in_top_k(scores, targets, k).tolist() == expected
    assert top_k_accuracy(scores, targets, k) == pytest.approx(np.mean(expected))


def test_equal_scores_are_not_right() -> None:
    assert top_k_accuracy(np.zeros((4, 3)), np.array([0, 1, 2, 0]), 1) == 0.0


def test_negatives_are_quiet_or_not_and_nothing_else() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.45, 0.55], [2.0, 2.1]])
    targets = np.array([0, 0, -1, -1])
    found = accuracies("pet", scores, targets)
    assert found == {"pet_top1": 0.5, "pet_top5": 1.0, "pet_quiet": 0.0}
    three = np.array([[0.2, 0.3, 0.5], [1.0, 1.1, 0.9]])
    assert accuracies("pet", three, np.array([2, -1]))["pet_quiet"] == 1.0
    assert "pet_quiet" not in accuracies("pet", scores[:2], targets[:2])
    assert all_heads_accuracy([(scores, targets), (scores, targets)]) == 0.5
