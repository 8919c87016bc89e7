"""From a configuration to its network."""

from __future__ import annotations

from collections.abc import Mapping

from datar_edge.config import AstConfig, ConvConfig, ModelConfig
from datar_edge.models.ast import Ast
from datar_edge.models.conv import ConvNet
from datar_edge.models.datar import Datar
from datar_edge.models.network import Network
from datar_edge.presets import preset


def build(config: str | ModelConfig, *, heads: Mapping[str, int]) -> Network:
    """A network with random weights.

    Args:
        config: a preset's name or a configuration.
        heads: number of classes by head name.

    Raises:
        ConfigError: there is no such preset, or heads are missing.
    """
    known = preset(config) if isinstance(config, str) else config
    if isinstance(known, AstConfig):
        return Ast(known, heads)
    return ConvNet(known, heads) if isinstance(known, ConvConfig) else Datar(known, heads)
