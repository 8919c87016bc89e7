"""The model as a device runs it: waveform in, one score per label out."""

from __future__ import annotations

from torch import Tensor, nn

from datar_edge.features import Fbank
from datar_edge.models.network import Network


class WaveformModel(nn.Module):
    """Front-end, network and softmax in one graph.

    Args:
        model: the network; its configuration names the front-end.
    """

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.fbank = Fbank(model.config.fbank)
        self.model = model

    def forward(self, waveform: Tensor) -> tuple[Tensor, ...]:
        """Computes the scores of each head.

        Args:
            waveform: float32 `[B, window_samples]` in [-1, 1].

        Returns:
            A tensor `[B, labels]` a head, in the order of the heads; each row sums to 1.
        """
        logits = self.model(self.fbank(waveform))
        return tuple(logits[name].softmax(dim=-1) for name in logits)
