"""What the paper's Table 4 switches, and other options of a DATAR, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from datar_edge.config import AdaptorConfig, AttentionKind, DatarConfig, ModelConfig, PositionBias
from datar_edge.errors import ConfigError

Variant: TypeAlias = Callable[[DatarConfig], DatarConfig]

_RELEASED_KERNELS = (9, 7, 5, 3)


def _adaptor(adaptor: AdaptorConfig) -> Variant:
    return lambda config: dataclasses.replace(config, adaptor=adaptor)


def _without_deformable(config: DatarConfig) -> DatarConfig:
    """Local and shifted-window attention only, as many blocks."""
    other: Mapping[AttentionKind, AttentionKind] = {"deformable": "shifted"}
    stages = tuple(
        dataclasses.replace(stage, blocks=tuple(other.get(kind, kind) for kind in stage.blocks))
        for stage in config.stages
    )
    return dataclasses.replace(config, stages=stages)


def _position_bias(kind: PositionBias) -> Variant:
    def change(config: DatarConfig) -> DatarConfig:
        stages = tuple(
            dataclasses.replace(
                stage, deformable=dataclasses.replace(stage.deformable, position_bias=kind)
            )
            for stage in config.stages
        )
        return dataclasses.replace(config, stages=stages)

    return change


def _patch_stem(config: DatarConfig) -> DatarConfig:
    """The paper's patches, without the depth-wise convolution in front of each attention."""
    return dataclasses.replace(config, stem="patch", local_unit=False)


def _as_released(config: DatarConfig) -> DatarConfig:
    """The offset generator of DAT's released code instead of the paper's.

    Reference points half a step further, a LayerNorm, kernels of 9, 7, 5 and 3 by stage, and
    offsets of at most 2 in its unit, half a pixel.
    """
    if len(config.stages) != len(_RELEASED_KERNELS):
        raise ConfigError(
            f"the preset {config.preset} has {len(config.stages)} stages",
            fix=f"DAT's released code has {len(_RELEASED_KERNELS)}; take one such as datar-tiny.",
        )
    stages = tuple(
        dataclasses.replace(
            stage,
            deformable=dataclasses.replace(
                stage.deformable,
                kernel_size=kernel_size,
                offset_range_px=1.0,
                offset_norm=True,
                reference="centre",
            ),
        )
        for stage, kernel_size in zip(config.stages, _RELEASED_KERNELS, strict=True)
    )
    return dataclasses.replace(config, stages=stages)


VARIANTS: Mapping[str, Variant] = {
    "no-deformable": _without_deformable,
    "no-adaptor": _adaptor(AdaptorConfig(kind="none")),
    "gaussian": _adaptor(AdaptorConfig(kind="gaussian", scale=0.005)),
    "laplacian": _adaptor(AdaptorConfig(kind="laplacian", scale=0.005)),
    "adaptor-0.005": _adaptor(AdaptorConfig(kind="learned", scale=0.005)),
    "adaptor-0.2": _adaptor(AdaptorConfig(kind="learned", scale=0.2)),
    "fixed-bias": _position_bias("fixed"),
    "no-bias": _position_bias("none"),
    "patch-stem": _patch_stem,
    "as-released": _as_released,
}
"""Each changes one thing of a DATAR; several are applied in the order given."""


def varied(config: ModelConfig, names: Sequence[str]) -> ModelConfig:
    """A configuration with some of the variants.

    Raises:
        ConfigError: there is no such variant, or the model is not a DATAR that it applies to.
    """
    for name in names:
        if name not in VARIANTS:
            raise ConfigError(f"unknown variant {name!r}", fix=f"Variants: {', '.join(VARIANTS)}.")
        if not isinstance(config, DatarConfig):
            raise ConfigError(
                f"the preset {config.preset} has no variant {name!r}",
                fix="Only DATAR has variants.",
            )
        config = VARIANTS[name](config)
    return config
