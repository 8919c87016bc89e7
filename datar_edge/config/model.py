"""Any model's configuration, read back from plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from datar_edge.config.ast import AstConfig, ast_from_fields
from datar_edge.config.checks import require
from datar_edge.config.conv import ConvConfig, conv_from_fields
from datar_edge.config.datar import DatarConfig, datar_from_fields
from datar_edge.config.fbank import fbank_from_dict
from datar_edge.errors import ConfigError

ModelConfig = DatarConfig | AstConfig | ConvConfig
"""What describes a whole model but its heads."""


def config_from_dict(data: Mapping[str, Any]) -> ModelConfig:
    """Reads a model configuration from plain data, as its `to_dict` writes it.

    Raises:
        ConfigError: a field is unknown, missing or out of its range, or no such architecture.
    """
    fields = dict(data)
    # Checkpoints written before there was a second architecture name none.
    architecture = fields.pop("architecture", "datar")
    require(architecture in _READERS, "architecture", architecture, ", ".join(_READERS))
    try:
        fields["fbank"] = fbank_from_dict(fields["fbank"])
        return _READERS[architecture](fields)
    except (KeyError, TypeError) as error:
        raise ConfigError(f"the configuration lacks or garbles {error}") from error


_READERS: Mapping[str, Callable[[dict[str, Any]], ModelConfig]] = {
    "datar": datar_from_fields,
    "ast": ast_from_fields,
    "conv": conv_from_fields,
}
