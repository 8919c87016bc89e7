"""The float model behind the `Session` protocol, so that it is asked as its exported files are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.models.checkpoint import Checkpoint, load_checkpoint
from datar_edge.models.count import count_macs, count_parameters
from datar_edge.models.waveform import WaveformModel


def card_of(checkpoint: Checkpoint) -> ModelCard:
    """The card that a file made from this checkpoint starts from."""
    return ModelCard(
        preset=checkpoint.config.preset,
        heads=checkpoint.heads,
        fbank=checkpoint.config.fbank,
        parameters=count_parameters(checkpoint.model),
        macs=count_macs(checkpoint.model),
        provenance=checkpoint.provenance,
        threshold=checkpoint.threshold,
    )


class TorchSession(Closing):
    """Runs a checkpoint with PyTorch; what every exported file is compared with.

    Args:
        source: a checkpoint, or its file.
        threads: of PyTorch in this process, which has only one such setting; None leaves it.

    Raises:
        ModelFileError: the file is missing or is no checkpoint.
    """

    def __init__(self, source: Path | Checkpoint, *, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        checkpoint = load_checkpoint(source) if isinstance(source, Path) else source
        self.card = card_of(checkpoint)
        self._model = WaveformModel(checkpoint.model).eval()

    @torch.inference_mode()
    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Scores of one window: float32 `[1, window_samples]` gives `[labels]` by head."""
        scores = self._model(torch.from_numpy(waveform))
        return {
            head: values[0].numpy() for head, values in zip(self.card.heads, scores, strict=True)
        }

    def close(self) -> None:
        """Nothing to give back."""
