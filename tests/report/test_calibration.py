"""Calibration: against scores whose truth is known, and an independent search."""

from __future__ import annotations

import numpy as np
import pytest

from datar_edge.report.calibration import (
    at_temperature,
    expected_calibration_error,
    fit_temperature,
)


def drawn(temperature: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Scores of logits `temperature` times too large, and labels drawn by the right ones."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(0.0, 2.0, (20_000, 4))
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = (right.cumsum(axis=1) < chance.random((len(right), 1))).sum(axis=1)
    sharp = np.exp(logits * temperature)
    return sharp / sharp.sum(axis=1, keepdims=True), targets


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found(temperature: float) -> None:
    scores, targets = drawn(temperature)
    fitted = fit_temperature(scores, np.eye(4)[targets])
    # The standard error of 20,000 draws is about 1 %.
    assert fitted == pytest.approx(temperature, rel=0.04)
    before = expected_calibration_error(scores, targets)
    after = expected_calibration_error(at_temperature(scores, fitted), targets)
    assert after < 0.02
    assert after <= before + 0.005


def test_it_is_where_the_cross_entropy_is_smallest() -> None:
    scores, targets = drawn(2.0, seed=3)
    wanted = np.eye(4)[targets] * 0.9 + 0.025

    def loss(temperature: float) -> float:
        return float(-(wanted * np.log(at_temperature(scores, temperature))).sum())

    fitted = fit_temperature(scores, wanted)
    tried = np.exp(np.linspace(np.log(0.1), np.log(10.0), 400))
    assert loss(fitted) <= min(map(loss, tried)) + 1e-6


def test_the_error_of_a_few_known_scores() -> None:
    scores = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.3, 0.7]])
    # Bin of 0.9: half right, 0.4 apart; of 0.6: right, 0.4; of 0.7: wrong, 0.7.
    expected = (2 * 0.4 + 0.4 + 0.7) / 4
    found = expected_calibration_error(scores, np.array([0, 1, 1, 0]))
    assert found == pytest.approx(expected)


def test_certain_and_uniform_scores_have_a_temperature() -> None:
    certain = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert 0.0 < fit_temperature(certain, certain) < 1.0
    assert fit_temperature(certain, np.full((2, 2), 0.5)) > 1.0
