from __future__ import annotations

import math

import numpy as np
import pytest

from datar_edge.listen.smoothing import ExponentialSmoothing


def test_a_step_is_approached_exponentially() -> None:
    smoothing = ExponentialSmoothing()
    smoothing.next(0.0, 0.0, 2.0)
    averages = [smoothing.next(1.0, 0.5, 2.0) for _ in range(8)]
    expected = 1.0 - np.exp(-np.arange(1, 9) * 0.5 / 2.0)
    np.testing.assert_allclose(averages, expected, rtol=0, atol=1e-12)


def test_the_first_score_and_scores_without_smoothing_are_as_they_are() -> None:
    smoothing = ExponentialSmoothing()
    assert smoothing.next(0.7, 0.0, 5.0) == 0.7
    assert smoothing.next(0.1, 0.5, 0.0) == 0.1


def test_a_steady_score_stays_what_it_is() -> None:
    smoothing = ExponentialSmoothing()
    assert {smoothing.next(0.3, 0.1, 1.7) for _ in range(100)} == {0.3}


def test_no_time_changes_nothing_and_a_long_time_all() -> None:
    smoothing = ExponentialSmoothing()
    smoothing.next(0.25, 0.0, 1.0)
    assert smoothing.next(1.0, 0.0, 1.0) == 0.25
    assert smoothing.next(1.0, 1e6, 1.0) == 1.0


@pytest.mark.parametrize("parts", [2, 3, 10])
def test_parts_of_a_time_move_as_far_as_the_whole(parts: int) -> None:
    whole, split = ExponentialSmoothing(), ExponentialSmoothing()
    whole.next(0.0, 0.0, 1.5)
    split.next(0.0, 0.0, 1.5)
    told = [split.next(0.8, 1.0 / parts, 1.5) for _ in range(parts)]
    assert math.isclose(told[-1], whole.next(0.8, 1.0, 1.5), abs_tol=1e-12)
