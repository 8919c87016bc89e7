"""What every runtime looks like to the rest of the program."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.errors import AudioError


class Session(Protocol):
    """A model that is loaded and ready; a context manager that closes it."""

    @property
    def card(self) -> ModelCard:
        """What the model says of itself."""
        ...

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Scores of one window.

        Args:
            waveform: float32 `[1, window_samples]` in [-1, 1], at the card's sample rate.

        Returns:
            float32 `[labels]` in [0, 1] by head, in the order of the card's labels. The arrays
            are the caller's.

        Raises:
            AudioError: the waveform has another shape or type.
            RuntimeFailureError: the runtime failed.
        """
        ...

    def close(self) -> None:
        """Gives the model's memory back; may be called more than once."""
        ...

    def __enter__(self) -> Session: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def check_waveform(waveform: NDArray[np.float32], card: ModelCard) -> None:
    """Refuses what is not one window of the model.

    Raises:
        AudioError: the waveform has another shape or type.
    """
    expected = (1, card.window_samples)
    if waveform.shape != expected or waveform.dtype != np.float32:
        raise AudioError(
            f"the waveform is {waveform.dtype} {list(waveform.shape)}, "
            f"the model takes float32 {list(expected)}",
            fix="Cut it into windows, or use Tagger.tag, which does.",
        )
