"""Resampling of a stream that comes in pieces."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray


class Resampler:
    """Changes the rate of a mono stream; the pieces it comes in make no difference.

    Args:
        from_hz: rate of what is pushed.
        to_hz: rate of what is returned.
    """

    def __init__(self, *, from_hz: int, to_hz: int) -> None:
        self._stream = (
            soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
            if from_hz != to_hz
            else None
        )

    def push(self, samples: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """The samples that are certain by now.

        Args:
            samples: float32 `[n]`, n may be 0.
            last: the stream ends here; what was held back comes too.

        Returns:
            float32 `[m]`, m may be 0. Without a change of rate, `samples` itself.
        """
        if self._stream is None:
            return samples
        resampled: NDArray[np.float32] = self._stream.resample_chunk(samples, last=last)
        return resampled
