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


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None = None,
    *,
    mask: Tensor | None = None,
) -> Tensor:
    """σ(q kᵀ + bias + mask) v, the scale being in q already.

    Args:
        query: `[B * L, M, Q, D]`.
        key: `[B * L, M, N, D]`.
        value: `[B * L, M, N, D]`.
        bias: `[1 or B * L, M, Q, N]`; None for none.
        mask: `[L, 1, Q, N]`, the same for every example and head; None for none.

    Returns:
        `[B * L, Q, C]`.
    """
    logits = query @ key.transpose(-2, -1)
    if bias is not None:
        logits = logits + bias
    if mask is not None:
        logits = (logits.reshape(-1, len(mask), *logits.shape[1:]) + mask).flatten(0, 1)
    return (logits.softmax(dim=-1) @ value).transpose(1, 2).flatten(2)
