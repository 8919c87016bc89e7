"""The configuration of a plain convolutional network, what DATAR has to be better than."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from datar_edge.config.checks import build, require
from datar_edge.config.fbank import FbankConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvConfig:
    """Stages of 3x3 convolutions with batch-norm and ReLU, after VGG (Simonyan et al., 2014).

    Attributes:
        preset: the name this configuration is known by.
        fbank: the front-end.
        widths: channels of each stage; a stage halves both sides of the map.
        depth: convolutions of a stage.
        dropout: before the heads.
        drop_path: 0; there are no branches to drop.
    """

    preset: str
    fbank: FbankConfig
    widths: tuple[int, ...] = (32, 64, 128, 256)
    depth: int = 2
    dropout: float = 0.0
    drop_path: float = 0.0

    def __post_init__(self) -> None:
        smaller = min(self.fbank.num_mel_bins, self.fbank.num_frames)
        require(
            len(self.widths) >= 1 and smaller >= 2 ** len(self.widths),
            "widths",
            self.widths,
            f"one stage or more, as many as halve the smaller side of the input ({smaller})",
        )
        require(min(self.widths) >= 1, "widths", self.widths, "1 or more each")
        require(self.depth >= 1, "depth", self.depth, "1 or more")
        require(0.0 <= self.dropout < 1.0, "dropout", self.dropout, "0 to below 1")
        require(self.drop_path == 0.0, "drop_path", self.drop_path, "0")

    def map_size(self, stage: int) -> tuple[int, int]:
        """(H, W) of a stage's map: mels and frames, halved with each stage, rounded up."""
        halved = 2 ** (stage + 1)
        return -(-self.fbank.num_mel_bins // halved), -(-self.fbank.num_frames // halved)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; `config_from_dict` reads it back."""
        return {"architecture": "conv", **dataclasses.asdict(self)}


def conv_from_fields(fields: dict[str, Any]) -> ConvConfig:
    """Reads the fields that `ConvConfig.to_dict` writes, the front-end's already read."""
    return build(ConvConfig, {**fields, "widths": tuple(fields["widths"])}, "configuration")
