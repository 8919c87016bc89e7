"""A plain convolutional network: the same front-end and heads, nothing of attention."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from torch import Tensor, nn

from datar_edge.config.conv import ConvConfig
from datar_edge.models.layers import Conv
from datar_edge.models.network import Network
from datar_edge.models.stem import as_map


class ConvNet(Network):
    """Stages of convolutions, the mean over the last map, the heads.

    Args:
        config: everything but the heads.
        heads: number of classes by head name.
    """

    def __init__(self, config: ConvConfig, heads: Mapping[str, int]) -> None:
        super().__init__(config)
        widths = (1, *config.widths)
        self.stages = nn.ModuleList(
            _stage(inputs, outputs, config.depth) for inputs, outputs in pairwise(widths)
        )
        self.add_heads(config.widths[-1], heads)

    def pooled(self, log_mel: Tensor) -> Tensor:
        """See `Network.pooled`: the mean over the map."""
        features = as_map(self.normalise(log_mel))
        for stage in self.stages:
            features = stage(features)
        return features.mean(dim=(1, 2))


def _stage(inputs: int, outputs: int, depth: int) -> nn.Sequential:
    """`[B, H, W, inputs]` gives `[B, H / 2, W / 2, outputs]`; its first convolution halves."""
    layers: list[nn.Module] = []
    for number in range(depth):
        channels, stride = (outputs, 1) if number else (inputs, 2)
        layers.append(
            Conv(channels, outputs, 3, stride=stride, padding=1, bias=False, batch_norm=True)
        )
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)
