"""Configurations of the parts of DATAR: adaptor, deformable attention, stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from datar_edge.config.checks import require, require_choice

AttentionKind = Literal["local", "shifted", "deformable"]
AdaptorKind = Literal["learned", "gaussian", "laplacian", "none"]
SamplerForm = Literal["native", "gather", "dense", "stencil", "banded"]
ReferencePoints = Literal["corner", "centre"]
PositionBias = Literal["continuous", "fixed", "none"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptorConfig:
    """The input adaptor of Eq. (5), or what Table 4 puts in its place.

    Attributes:
        kind: "learned" adds λ·conv(x); "gaussian" and "laplacian" add noise of that scale while
            training; "none" adds nothing.
        scale: λ of the learned adaptor, or the scale of the noise.
        kernel_size: odd size of the learned convolution (mels, frames).
    """

    kind: AdaptorKind = "learned"
    scale: float = 0.005
    kernel_size: int = 3

    def __post_init__(self) -> None:
        require_choice("adaptor.kind", self.kind, AdaptorKind)
        require(0.0 <= self.scale <= 10.0, "adaptor.scale", self.scale, "0 to 10")
        require(self.kernel_size % 2 == 1, "adaptor.kernel_size", self.kernel_size, "odd")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeformableConfig:
    """The offset generator and the sampling of one stage's deformable attention.

    Attributes:
        groups: offset groups; each moves its own share of the channels and heads.
        stride: r of the paper, the reference grid is 1/r of the map in each direction.
        kernel_size: odd size of the depth-wise convolution of the offset generator.
        offset_range_px: s of the paper in pixels of the map; offsets are s·tanh(·).
        offset_norm: LayerNorm between convolution and GELU, as DAT's released code has it.
        reference: "corner" puts reference points on pixels as the paper says; "centre" puts
            them half a step further, as DAT's released code does.
        position_bias: "continuous" interpolates a table at each point's displacement, as the paper
            says; "fixed" learns a bias for each pair of query and point, wherever the point lies;
            "none" has none.
    """

    groups: int = 1
    stride: int = 1
    kernel_size: int = 5
    offset_range_px: float = 2.0
    offset_norm: bool = False
    reference: ReferencePoints = "corner"
    position_bias: PositionBias = "continuous"

    def __post_init__(self) -> None:
        require(self.groups >= 1, "deformable.groups", self.groups, "1 or more")
        require(self.stride >= 1, "deformable.stride", self.stride, "1 or more")
        require(self.kernel_size % 2 == 1, "deformable.kernel_size", self.kernel_size, "odd")
        require(
            0.0 < self.offset_range_px <= 64.0,
            "deformable.offset_range_px",
            self.offset_range_px,
            "above 0, up to 64",
        )
        require_choice("deformable.reference", self.reference, ReferencePoints)
        require_choice("deformable.position_bias", self.position_bias, PositionBias)


@dataclass(frozen=True, kw_only=True, slots=True)
class StageConfig:
    """One stage of the pyramid.

    Attributes:
        embed_dim: channels.
        num_heads: attention heads.
        blocks: attention of each block, in order.
        window: height and width of an attention window in tokens; cut to the map where smaller.
        deformable: parameters of the deformable blocks.
    """

    embed_dim: int
    num_heads: int
    blocks: tuple[AttentionKind, ...]
    window: tuple[int, int] = (4, 8)
    deformable: DeformableConfig = field(default_factory=DeformableConfig)

    def __post_init__(self) -> None:
        require(len(self.blocks) >= 1, "blocks", self.blocks, "at least one block")
        for kind in self.blocks:
            require_choice("blocks", kind, AttentionKind)
        require(
            self.num_heads >= 1 and self.embed_dim % self.num_heads == 0,
            "num_heads",
            self.num_heads,
            f"a divisor of embed_dim ({self.embed_dim})",
        )
        require(
            self.num_heads % self.deformable.groups == 0,
            "deformable.groups",
            self.deformable.groups,
            f"a divisor of num_heads ({self.num_heads})",
        )
        require(min(self.window) >= 1, "window", self.window, "1 or more in each direction")
