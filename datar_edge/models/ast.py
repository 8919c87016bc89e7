"""AST, the audio spectrogram transformer (Gong et al., 2021): the paper's baseline.

B: batch, N: tokens, two of them the class and the distillation token, C: channels.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from datar_edge.config import AstConfig
from datar_edge.models.attention import HeadProjection, attend, merge_heads, split_heads
from datar_edge.models.layers import DropPath, Mlp
from datar_edge.models.network import Network

_SPECIAL_TOKENS = 2


class GlobalAttention(nn.Module):
    """Multi-head attention among all tokens.

    Args:
        dim: channels.
        num_heads: heads, a divisor of `dim`.
    """

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query = HeadProjection(dim, num_heads)
        self.key = HeadProjection(dim, num_heads, scaled=True)
        self.value = HeadProjection(dim, num_heads)
        self.project = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """`[B, N, C]` gives the same shape."""
        attended = attend(
            split_heads(self.query(tokens), self.num_heads),
            split_heads(self.key(tokens), self.num_heads),
            split_heads(self.value(tokens), self.num_heads),
        )
        attended = merge_heads(attended)
        projected: Tensor = self.project(attended)
        return projected


class AstBlock(nn.Module):
    """z' = MHSA(LN(z)) + z, then MLP(LN(z')) + z'.

    Args:
        config: widths and heads.
        drop_path: probability of dropping a branch while training.
    """

    def __init__(self, config: AstConfig, drop_path: float) -> None:
        super().__init__()
        dim = config.embed_dim
        self.attention_norm = nn.LayerNorm(dim)
        self.attention = GlobalAttention(dim, config.num_heads)
        self.mlp_norm = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, round(dim * config.mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, tokens: Tensor) -> Tensor:
        """`[B, N, C]` gives the same shape."""
        tokens = tokens + self.drop_path(self.attention(self.attention_norm(tokens)))
        transformed: Tensor = self.drop_path(self.mlp(self.mlp_norm(tokens)))
        return tokens + transformed


class Ast(Network):
    """A transformer on overlapping square patches of the log-mel spectrogram.

    The class and the distillation token are averaged before the heads, as in AST's code.

    Args:
        config: everything but the heads.
        heads: number of classes by head name.
    """

    def __init__(self, config: AstConfig, heads: Mapping[str, int]) -> None:
        super().__init__(config)
        dim = config.embed_dim
        rows, columns = config.grid
        self.patches = nn.Conv2d(1, dim, config.patch_size, stride=config.patch_stride)
        self.special = nn.Parameter(torch.empty(1, _SPECIAL_TOKENS, dim))
        self.positions = nn.Parameter(torch.empty(1, _SPECIAL_TOKENS + rows * columns, dim))
        for tokens in (self.special, self.positions):
            nn.init.trunc_normal_(tokens, std=0.02)
        rates = torch.linspace(0.0, config.drop_path, config.depth).tolist()
        self.blocks = nn.Sequential(*(AstBlock(config, rate) for rate in rates))
        self.norm = nn.LayerNorm(dim)
        self.add_heads(dim, heads)

    def pooled(self, log_mel: Tensor) -> Tensor:
        """See `Network.pooled`."""
        patches = self.patches(self.normalise(log_mel)).flatten(2).transpose(1, 2)
        special = self.special.expand(len(patches), -1, -1)
        tokens = self.blocks(torch.cat([special, patches], dim=1) + self.positions)
        pooled: Tensor = self.norm(tokens[:, :_SPECIAL_TOKENS]).mean(dim=1)
        return pooled
