"""DATAR, the deformable audio transformer, whole."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from datar_edge.config import DatarConfig
from datar_edge.models.adaptor import InputAdaptor
from datar_edge.models.block import Block
from datar_edge.models.network import Network
from datar_edge.models.stem import as_map, build_downsample, build_stem


class Datar(Network):
    """A pyramid of local, shifted-window and deformable attention on log-mel spectrograms.

    Args:
        config: everything but the heads.
        heads: number of classes by head name.
    """

    def __init__(self, config: DatarConfig, heads: Mapping[str, int]) -> None:
        super().__init__(config)
        self.adaptor = InputAdaptor(config.adaptor)
        self.stem = build_stem(config.stem, config.stages[0].embed_dim)
        self.stages = _build_stages(config)
        dim = config.stages[-1].embed_dim
        self.norm = nn.LayerNorm(dim)
        self.add_heads(dim, heads)

    def features(self, log_mel: Tensor) -> Tensor:
        """The last feature map, `[B, frames, mels]` gives `[B, H, W, C]`."""
        features: Tensor = self.stem(as_map(self.adaptor(self.normalise(log_mel))))
        for stage in self.stages:
            features = stage(features)
        return features

    def pooled(self, log_mel: Tensor) -> Tensor:
        """See `Network.pooled`: the mean over the map."""
        pooled: Tensor = self.norm(self.features(log_mel)).mean(dim=(1, 2))
        return pooled


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
