"""One transformer block, Eq. (1), around any kind of attention."""

from __future__ import annotations

from torch import Tensor, nn

from datar_edge.config import AttentionKind, StageConfig
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.models.layers import Conv, DropPath, Mlp
from datar_edge.models.local_attention import WindowAttention


def build_attention(
    kind: AttentionKind, stage: StageConfig, map_size: tuple[int, int]
) -> nn.Module:
    """The attention of one block: `[B, H, W, C]` to the same shape."""
    if kind == "deformable":
        return DeformableAttention(
            dim=stage.embed_dim,
            num_heads=stage.num_heads,
            map_size=map_size,
            config=stage.deformable,
        )
    return WindowAttention(
        dim=stage.embed_dim,
        num_heads=stage.num_heads,
        map_size=map_size,
        window=stage.window,
        shifted=kind == "shifted",
    )


class Block(nn.Module):
    """z' = MHSA(LN(z)) + z, then MLP(LN(z')) + z'.

    Args:
        kind: which attention.
        stage: widths and windows.
        map_size: (H, W) of the map.
        mlp_ratio: width of the MLP over that of the block.
        drop_path: probability of dropping a branch while training.
        local_unit: whether a residual 3x3 depth-wise convolution comes first.
    """

    def __init__(
        self,
        *,
        kind: AttentionKind,
        stage: StageConfig,
        map_size: tuple[int, int],
        mlp_ratio: float,
        drop_path: float,
        local_unit: bool,
    ) -> None:
        super().__init__()
        dim = stage.embed_dim
        self.local_unit = Conv(dim, dim, 3, padding=1, groups=dim) if local_unit else None
        self.attention_norm = nn.LayerNorm(dim)
        self.attention = build_attention(kind, stage, map_size)
        self.mlp_norm = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, round(dim * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, features: Tensor) -> Tensor:
        """`[B, H, W, C]` gives the same shape."""
        if self.local_unit is not None:
            features = features + self.local_unit(features)
        features = features + self.drop_path(self.attention(self.attention_norm(features)))
        transformed: Tensor = self.drop_path(self.mlp(self.mlp_norm(features)))
        return features + transformed
