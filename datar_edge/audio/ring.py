"""The last samples of an endless stream, in one piece of memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class RingBuffer:
    """Keeps the newest samples; positions count from the start of the stream.

    Args:
        capacity: samples kept.
    """

    def __init__(self, capacity: int) -> None:
        self._memory = np.zeros(capacity, np.float32)
        self._end = 0

    @property
    def end(self) -> int:
        """Samples written so far, which is the position of the next one."""
        return self._end

    @property
    def begin(self) -> int:
        """Position of the oldest sample that is kept."""
        return max(0, self._end - len(self._memory))

    def write(self, samples: NDArray[np.float32]) -> None:
        """Appends float32 `[n]`; the oldest samples give way."""
        capacity = len(self._memory)
        kept = samples[-capacity:]
        at = (self._end + len(samples) - len(kept)) % capacity
        head = min(len(kept), capacity - at)
        self._memory[at : at + head] = kept[:head]
        self._memory[: len(kept) - head] = kept[head:]
        self._end += len(samples)

    def skip(self, count: int) -> None:
        """Goes on by samples that nobody has: they read as zeros."""
        self.write(np.zeros(min(count, len(self._memory)), np.float32))
        self._end += max(0, count - len(self._memory))

    def copy(self, start: int, count: int) -> NDArray[np.float32]:
        """A copy of samples `start` to `start + count`.

        Raises:
            IndexError: they are not in the buffer, or not any more.
        """
        capacity = len(self._memory)
        if not self.begin <= start <= start + count <= self._end:
            raise IndexError(
                f"samples {start} to {start + count} are not among the last {capacity} "
                f"before {self._end}"
            )
        at = start % capacity
        head = min(count, capacity - at)
        return np.concatenate((self._memory[at : at + head], self._memory[: count - head]))
