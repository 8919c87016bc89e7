"""How far a share of right clips may be from the share among all clips there are."""

from __future__ import annotations

import math
from statistics import NormalDist

CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1.0 + CONFIDENCE) / 2.0)


def wilson_interval(right: int, clips: int) -> tuple[float, float]:
    """Wilson's score interval at 95 %, which holds for few clips and for shares near 0 and 1.

    It takes the clips as independent; clips cut from one recording are not, and their true interval
    is wider.

    Args:
        right: clips that were right, 0 to `clips`.
        clips: how many there were, at least 1.

    Returns:
        Its ends, each 0 to 1.
    """
    share = right / clips
    spread = _Z**2 / clips
    middle = (share + spread / 2.0) / (1.0 + spread)
    half = math.sqrt(share * (1.0 - share) * spread + spread**2 / 4.0) / (1.0 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
