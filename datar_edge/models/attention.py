"""Multi-head attention of Eq. (2) and (4), shared by all kinds.

B: batch, L: windows, M: heads, Q: queries, N: keys, C: channels, D = C/M.
"""

from __future__ import annotations

from torch import Tensor, nn


class HeadProjection(nn.Module):
    """Projects tokens linearly and splits them in heads.

    Args:
        dim: channels.
        num_heads: heads, a divisor of `dim`.
        scaled: whether to divide by √D, for queries.
    """

    def __init__(self, dim: int, num_heads: int, *, scaled: bool = False) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.scale = (dim // num_heads) ** -0.5 if scaled else 1.0
        self.linear = nn.Linear(dim, dim)

    def split(self, projected: Tensor) -> Tensor:
        """`[B, N, C]` gives `[B, M, N, D]`, scaled."""
        scaled = projected if self.scale == 1.0 else projected * self.scale
        batch, count, dim = projected.shape
        return scaled.reshape(batch, count, self.num_heads, dim // self.num_heads).transpose(1, 2)

    def forward(self, tokens: Tensor) -> Tensor:
        """`[B, N, C]` gives `[B, M, N, D]`."""
        return self.split(self.linear(tokens))


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, *, batch: int) -> Tensor:
    """σ(q kᵀ + bias) v, the scale being in q already.

    Args:
        query: `[B * L, M, Q, D]`.
        key: `[B * L, M, N, D]`.
        value: `[B * L, M, N, D]`.
        bias: `[1 or B or L, M, Q, N]`; with L windows a row each, it repeats over the batch. None
            for none.
        batch: B.

    Returns:
        `[B * L, Q, C]`.
    """
    logits = query @ key.transpose(-2, -1)
    if bias is not None and bias.shape[0] in (1, logits.shape[0]):
        logits = logits + bias
    elif bias is not None:
        logits = (logits.reshape(batch, *bias.shape) + bias).flatten(0, 1)
    return (logits.softmax(dim=-1) @ value).transpose(1, 2).flatten(2)
