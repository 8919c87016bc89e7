"""What every runtime offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from datar_edge.card import ModelCard


class Session(Protocol):
    """A model file that is loaded and runs.

    Attributes:
        card: what the file says of itself.
    """

    card: ModelCard

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Scores of one window.

        Args:
            waveform: float32 `[1, window_samples]` in [-1, 1].

        Returns:
            float32 `[labels]` by head, each score from 0 to 1.
        """
        ...

    def close(self) -> None:
        """Gives memory and threads back."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
