"""DATAR, the deformable audio transformer, whole."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.config import DatarConfig, SamplerForm
from datar_edge.errors import ConfigError
from datar_edge.models.adaptor import InputAdaptor
from datar_edge.models.block import Block
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.models.stem import as_map, build_downsample, build_stem


class Datar(nn.Module):
    """A pyramid of local, shifted-window and deformable attention on log-mel spectrograms.

    The mean and deviation of the training set's log-mel values are part of the model, so that no
    caller has to know them.

    Args:
        config: everything but the heads.
        heads: number of classes by head name.
    """

    feature_mean: Tensor
    feature_std: Tensor

    def __init__(self, config: DatarConfig, heads: Mapping[str, int]) -> None:
        super().__init__()
        if not heads or any(classes < 1 for classes in heads.values()):
            raise ConfigError(
                f"heads is {dict(heads)!r}", fix="Give one head or more, each with a class or more."
            )
        self.config = config
        self.register_buffer("feature_mean", torch.zeros(()))
        self.register_buffer("feature_std", torch.ones(()))
        self.adaptor = InputAdaptor(config.adaptor)
        self.stem = build_stem(config.stem, config.stages[0].embed_dim)
        self.stages = _build_stages(config)
        dim = config.stages[-1].embed_dim
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(config.dropout)
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

    def set_sampler(self, form: SamplerForm) -> None:
        """Chooses the form of φ in every deformable attention; what it computes is the same."""
        for module in self.modules():
            if isinstance(module, DeformableAttention):
                module.sampler = form

    def normalise(self, log_mel: Tensor) -> Tensor:
        """`[B, frames, mels]` gives the model's input, `[B, 1, mels, num_frames]`.

        Frames that do not fill the model's input are the training mean, as AST pads them.
        """
        normalised = (log_mel - self.feature_mean) / self.feature_std
        missing = self.config.fbank.num_frames - log_mel.shape[1]
        return F.pad(normalised.transpose(1, 2), (0, missing)).unsqueeze(1)

    def features(self, log_mel: Tensor) -> Tensor:
        """The last feature map, `[B, frames, mels]` gives `[B, H, W, C]`."""
        features: Tensor = self.stem(as_map(self.adaptor(self.normalise(log_mel))))
        for stage in self.stages:
            features = stage(features)
        return features

    def forward(self, log_mel: Tensor) -> dict[str, Tensor]:
        """Computes the logits of each head.

        Args:
            log_mel: float32 `[B, frames, num_mel_bins]` as `features.Fbank` gives it, at most
                `num_frames` frames.

        Returns:
            logits `[B, classes]` by head.
        """
        pooled = self.dropout(self.norm(self.features(log_mel)).mean(dim=(1, 2)))
        return {name: head(pooled) for name, head in zip(self.head_names, self.heads, strict=True)}


def _build_stages(config: DatarConfig) -> nn.ModuleList:
    depth = sum(len(stage.blocks) for stage in config.stages)
    rates = torch.linspace(0.0, config.drop_path, depth).tolist()
    stages = nn.ModuleList()
    for index, stage in enumerate(config.stages):
        layers: list[nn.Module] = []
        if index:
            inputs = config.stages[index - 1].embed_dim
            layers.append(build_downsample(config.stem, inputs, stage.embed_dim))
        layers += [
            Block(
                kind=kind,
                stage=stage,
                map_size=config.map_size(index),
                mlp_ratio=config.mlp_ratio,
                drop_path=rates.pop(0),
                local_unit=config.local_unit,
            )
            for kind in stage.blocks
        ]
        stages.append(nn.Sequential(*layers))
    return stages


def _head(dim: int, classes: int) -> nn.Linear:
    head = nn.Linear(dim, classes)
    nn.init.trunc_normal_(head.weight, std=0.02)  # begin undecided
    return head


def _initialise(module: nn.Module) -> None:
    # PyTorch's own ranges follow the width. The fixed 0.02 of wide transformers leaves the residual
    # branches of 32 channels almost silent for hundreds of steps.
    if isinstance(module, nn.Linear | nn.Conv2d) and module.bias is not None:
        nn.init.zeros_(module.bias)
