"""The configuration of a whole DATAR but its heads, which come from the data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from datar_edge.config.checks import build, require, require_choice
from datar_edge.config.fbank import FbankConfig
from datar_edge.config.parts import AdaptorConfig, DeformableConfig, StageConfig

StemKind = Literal["patch", "conv"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DatarConfig:
    """The whole model but its heads, which come from the data.

    Attributes:
        preset: the name this configuration is known by.
        fbank: the front-end.
        adaptor: the input adaptor.
        stem: "patch" is one 4x4 convolution of stride 4 and 2x2 down-sampling between stages, as
            in the paper; "conv" is two 3x3 convolutions of stride 2 and 3x3 down-sampling, which
            learns far more from few clips.
        local_unit: a residual 3x3 depth-wise convolution before each attention.
        stages: the pyramid, shallow to deep.
        mlp_ratio: width of the MLP over that of its block.
        drop_path: stochastic depth of the last block; it grows linearly from 0.
        dropout: before the heads.
    """

    preset: str
    fbank: FbankConfig
    adaptor: AdaptorConfig = field(default_factory=AdaptorConfig)
    stem: StemKind = "patch"
    local_unit: bool = False
    stages: tuple[StageConfig, ...]
    mlp_ratio: float = 4.0
    drop_path: float = 0.1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        require_choice("stem", self.stem, StemKind)
        require(len(self.stages) >= 1, "stages", len(self.stages), "1 or more")
        step = 4 * 2 ** (len(self.stages) - 1)
        for name in ("num_mel_bins", "num_frames"):
            size = getattr(self.fbank, name)
            require(size % step == 0, f"fbank.{name}", size, f"a multiple of {step}")
        for index in range(len(self.stages)):
            self._check_windows(index)
        for name in ("drop_path", "dropout"):
            value = getattr(self, name)
            require(0.0 <= value < 1.0, name, value, "0 to below 1")
        require(self.mlp_ratio > 0, "mlp_ratio", self.mlp_ratio, "above 0")

    def _check_windows(self, index: int) -> None:
        height, width = self.map_size(index)
        window_height, window_width = self.window(index)
        require(
            height % window_height == 0 and width % window_width == 0,
            f"stages[{index}].window",
            self.stages[index].window,
            f"one that tiles the stage's map of {height}x{width} tokens",
        )

    def map_size(self, index: int) -> tuple[int, int]:
        """Height (mels) and width (time) of stage `index`'s feature map in tokens."""
        step = 4 * 2**index
        return self.fbank.num_mel_bins // step, self.fbank.num_frames // step

    def window(self, index: int) -> tuple[int, int]:
        """Height and width of stage `index`'s attention windows, cut to its map."""
        height, width = (
            min(pair) for pair in zip(self.stages[index].window, self.map_size(index), strict=True)
        )
        return height, width

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; `config_from_dict` reads it back."""
        return {"architecture": "datar", **dataclasses.asdict(self)}


def datar_from_fields(fields: dict[str, Any]) -> DatarConfig:
    """Reads the fields that `DatarConfig.to_dict` writes, the front-end's already read."""
    fields["adaptor"] = build(AdaptorConfig, fields["adaptor"], "adaptor")
    stages = []
    for index, stage in enumerate(fields["stages"]):
        values = dict(stage)
        values["blocks"] = tuple(values["blocks"])
        values["window"] = tuple(values["window"])
        values["deformable"] = build(
            DeformableConfig, values["deformable"], f"stages[{index}].deformable"
        )
        stages.append(build(StageConfig, values, f"stages[{index}]"))
    fields["stages"] = tuple(stages)
    return build(DatarConfig, fields, "configuration")
