"""The score of a whole recording from the scores of its windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.windows import clip_windows
from datar_edge.errors import RuntimeFailureError
from datar_edge.runtime import Session


def clip_scores(
    session: Session, waveform: NDArray[np.float32], *, hop: int
) -> dict[str, NDArray[np.float32]]:
    """Mean scores over a clip's windows, the quiet ones left out.

    Args:
        session: the model.
        waveform: float32 `[samples]` at the model's sample rate.
        hop: samples between the starts of windows.

    Returns:
        float32 `[labels]` by head.

    Raises:
        AudioError: the waveform is empty.
        RuntimeFailureError: the model failed, or a score is not a finite number.
    """
    windows = clip_windows(waveform, window=session.card.window_samples, hop=hop)
    return mean_scores([session.run(each.samples[np.newaxis]) for each in windows])


def mean_scores(
    scores: Sequence[Mapping[str, NDArray[np.float32]]],
) -> dict[str, NDArray[np.float32]]:
    """A clip's scores from those of its windows, one or more.

    Args:
        scores: float32 `[labels]` by head, for each window.

    Returns:
        float32 `[labels]` by head.

    Raises:
        RuntimeFailureError: a score is not a finite number.
    """
    means: dict[str, NDArray[np.float32]] = {
        head: np.stack([each[head] for each in scores]).mean(axis=0) for head in scores[0]
    }
    for head, mean in means.items():
        if not np.isfinite(mean).all():
            raise RuntimeFailureError(
                f"head {head!r} of the model gives scores that are no numbers"
            )
    return means
