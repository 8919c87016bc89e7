"""Wilson's interval against what defines it and against published figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.report.page.wilson import wilson_interval

Z = 1.959963984540054


@given(st.integers(1, 2_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_at_both_ends_the_share_is_z_errors_away(counts: tuple[int, int]) -> None:
    """Z standard errors of the end, as 95 % of the normal distribution lies within."""
    right, clips = counts
    share = right / clips
    for end in wilson_interval(right, clips):
        variance = end * (1.0 - end) / clips
        assert (share - end) ** 2 == pytest.approx(Z**2 * variance, rel=1e-9, abs=1e-15)
    low, high = wilson_interval(right, clips)
    assert low - 1e-12 <= share <= high + 1e-12
    assert low < high


@pytest.mark.parametrize(
    ("right", "clips", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(right: int, clips: int, low: float, high: float) -> None:
    assert wilson_interval(right, clips) == pytest.approx((low, high), abs=5e-5)
