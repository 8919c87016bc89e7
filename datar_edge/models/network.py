"""What all architectures share: the normalisation in front, the heads behind."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.config import ModelConfig
from datar_edge.errors import ConfigError


class Network(nn.Module):
    """A network from log-mel values to logits.

    The mean and deviation of the training set's log-mel values are part of it, so that no caller
    has to know them. A subclass gives `pooled`, and calls `add_heads` once its own layers are made.

    Args:
        config: everything but the heads.
    """

    feature_mean: Tensor
    feature_std: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("feature_mean", torch.zeros(()))
        self.register_buffer("feature_std", torch.ones(()))

    def add_heads(self, dim: int, heads: Mapping[str, int]) -> None:
        """Adds a linear classifier a head.

        Args:
            dim: channels of what `pooled` gives.
            heads: number of classes by head name.

        Raises:
            ConfigError: there is no head, or one without classes.
        """
        if not heads or any(classes < 1 for classes in heads.values()):
            raise ConfigError(
                f"heads is {dict(heads)!r}", fix="Give one head or more, each with a class or more."
            )
        self.dropout = nn.Dropout(self.config.dropout)
        # A list, as a head's name may be anything and torch.export makes it a Python attribute.
        self.head_names = tuple(heads)
        self.heads = nn.ModuleList(_head(dim, classes) for classes in heads.values())
        self.apply(_initialise)

    def set_normalisation(self, mean: float, std: float) -> None:
        """Sets the mean and deviation of the training set's log-mel values."""
        if not std > 0.0:
            raise ConfigError(f"the deviation of the features is {std!r}", fix="It must be above 0")
        self.feature_mean.fill_(mean)
        self.feature_std.fill_(std)

    def normalise(self, log_mel: Tensor) -> Tensor:
        """`[B, frames, mels]` gives the model's input, `[B, 1, mels, num_frames]`.

        Frames that do not fill the model's input are the training mean, as AST pads them.
        """
        normalised = (log_mel - self.feature_mean) / self.feature_std
        missing = self.config.fbank.num_frames - log_mel.shape[1]
        return F.pad(normalised.transpose(1, 2), (0, missing)).unsqueeze(1)

    def pooled(self, log_mel: Tensor) -> Tensor:
        """What the heads see: `[B, frames, mels]` gives `[B, C]`."""
        raise NotImplementedError

    def forward(self, log_mel: Tensor) -> dict[str, Tensor]:
        """Computes the logits of each head.

        Args:
            log_mel: float32 `[B, frames, num_mel_bins]` as `features.Fbank` gives it, at most
                `num_frames` frames.

        Returns:
            logits `[B, classes]` by head.
        """
        pooled = self.dropout(self.pooled(log_mel))
        return {name: head(pooled) for name, head in zip(self.head_names, self.heads, strict=True)}


def _head(dim: int, classes: int) -> nn.Linear:
    head = nn.Linear(dim, classes)
    nn.init.trunc_normal_(head.weight, std=0.02)  # begin undecided
    return head


def _initialise(module: nn.Module) -> None:
    # PyTorch's own ranges follow the width. The fixed 0.02 of wide transformers leaves the residual
    # branches of 32 channels almost silent for hundreds of steps.
    if isinstance(module, nn.Linear | nn.Conv2d) and module.bias is not None:
        nn.init.zeros_(module.bias)
