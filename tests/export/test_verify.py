"""The bound by which a file is kept: what it lets pass, and what not."""

from __future__ import annotations

import numpy as np
import pytest

from datar_edge.errors import VerificationError
from datar_edge.export.verify import BOUNDS, Bound, Parity, ParityMeter, check_edges, check_parity


def parity(*, agreeing: int, windows: int, logit: float = 0.0) -> Parity:
    return Parity(
        windows=windows,
        max_abs_logit_diff=logit,
        max_abs_score_diff=0.0,
        top1_agreement=agreeing / windows,
        sqnr_db=30.0,
    )


@pytest.mark.parametrize(
    ("quantize", "agreeing", "windows", "kept"),
    [
        ("int8", 16, 16, True),
        ("int8", 15, 16, False),
        ("int8", 49, 50, True),
        ("int8", 98, 100, True),
        ("int8-dynamic", 97, 100, False),
        ("fp16", 99, 100, True),
        ("fp16", 98, 100, False),
        ("none", 99, 100, False),
    ],
)
def test_so_many_windows_keep_their_label(
    quantize: str, agreeing: int, windows: int, kept: bool
) -> None:
    found = parity(agreeing=agreeing, windows=windows)
    if kept:
        check_parity(found, BOUNDS[quantize])
    else:
        with pytest.raises(VerificationError, match=f"of {windows} windows have the same"):
            check_parity(found, BOUNDS[quantize])


def test_a_logit_over_the_bound_is_told_with_both_figures() -> None:
    bound = Bound(max_abs_logit_diff=1e-4, top1_agreement=1.0)
    with pytest.raises(VerificationError, match=r"by 2.00e-04 \(at most 1e-04\).*not kept"):
        check_parity(parity(agreeing=1, windows=1, logit=2e-4), bound)


def test_what_is_no_sound_is_held_to_its_logits_alone() -> None:
    bound = Bound(max_abs_logit_diff=1e-4, top1_agreement=1.0)
    check_edges(parity(agreeing=0, windows=1, logit=1e-4), bound)
    with pytest.raises(VerificationError, match=r"on silence, .* by 2.00e-04 \(at most 1e-04\)"):
        check_edges(parity(agreeing=1, windows=1, logit=2e-4), bound)


def test_the_meter_counts_what_differs() -> None:
    """Scores 0.5, 0.25, 0.25 against 0.25, 0.5, 0.25: logits differ by log 2, labels too."""
    meter = ParityMeter()
    ours = {"class": np.array([0.5, 0.25, 0.25], np.float32)}
    reference = {"class": np.array([0.25, 0.5, 0.25], np.float32)}
    meter.add(ours, reference)
    meter.add(reference, reference)
    found = meter.parity
    assert found.windows == 2
    assert found.top1_agreement == 0.5
    assert found.max_abs_logit_diff == pytest.approx(np.log(2.0))
    assert found.max_abs_score_diff == pytest.approx(0.25)
    # Signal: twice the same logits; noise: the differences (log 2, -log 2, 0), mean zero.
    signal = 2 * np.square(np.log([0.25, 0.5, 0.25]) - np.log([0.25, 0.5, 0.25]).mean()).sum()
    assert found.sqnr_db == pytest.approx(10 * np.log10(signal / (2 * np.log(2.0) ** 2)))


def test_scores_that_are_not_finite_are_refused() -> None:
    with pytest.raises(VerificationError, match="not finite"):
        ParityMeter().add(
            {"class": np.array([np.nan], np.float32)}, {"class": np.array([1.0], np.float32)}
        )
