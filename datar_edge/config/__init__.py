"""Frozen configurations, checked when made.

Nothing here imports torch: a runtime reads front-end parameters from a model card with these.
"""

from datar_edge.config.ast import AstConfig
from datar_edge.config.conv import ConvConfig
from datar_edge.config.datar import DatarConfig, StemKind
from datar_edge.config.fbank import FbankConfig, fbank_from_dict
from datar_edge.config.model import ModelConfig, config_from_dict
from datar_edge.config.parts import (
    AdaptorConfig,
    AdaptorKind,
    AttentionKind,
    DeformableConfig,
    PositionBias,
    ReferencePoints,
    SamplerForm,
    StageConfig,
)

__all__ = [
    "AdaptorConfig",
    "AdaptorKind",
    "AstConfig",
    "AttentionKind",
    "ConvConfig",
    "DatarConfig",
    "DeformableConfig",
    "FbankConfig",
    "ModelConfig",
    "PositionBias",
    "ReferencePoints",
    "SamplerForm",
    "StageConfig",
    "StemKind",
    "config_from_dict",
    "fbank_from_dict",
]
