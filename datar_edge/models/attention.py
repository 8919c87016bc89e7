"""Multi-head attention of Eq. (2) and (4), shared by all kinds.

B: batch, L: windows, M: heads, Q: queries, N: keys, C: channels, D = C/M.
"""

from __future__ import annotations

from torch import Tensor, nn


class HeadProjection(nn.Module):
    """A linear projection of tokens, before its channels are split in heads.

    Args:
        dim: channels.
        num_heads: heads, a divisor of `dim`.
        scaled: whether to divide by √D, for keys: what the offset generator sees of the queries is
            not scaled, and a converter that folds the scale into weights would store both.
    """

    def __init__(self, dim: int, num_heads: int, *, scaled: bool = False) -> None:
        super().__init__()
        self.scale = (dim // num_heads) ** -0.5 if scaled else 1.0
        self.linear = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """`[..., C]` gives the same shape."""
        projected: Tensor = self.linear(tokens)
        return projected if self.scale == 1.0 else projected * self.scale


def split_heads(tokens: Tensor, num_heads: int) -> Tensor:
    """`[B, N, C]` gives `[B, M, N, D]`."""
    batch, count, dim = tokens.shape
    return tokens.reshape(batch, count, num_heads, dim // num_heads).transpose(1, 2)


def merge_heads(heads: Tensor) -> Tensor:
    """`[B, M, N, D]` gives `[B, N, C]`."""
    return heads.transpose(1, 2).flatten(2)


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None = None,
    *,
    mask: Tensor | None = None,
) -> Tensor:
    """σ(q kᵀ + bias + mask) v, the scale being in k already.

    Args:
        query: `[B * L, M, Q, D]`.
        key: `[B * L, M, N, D]`.
        value: `[B * L, M, N, D]`.
        bias: `[1 or B * L, M, Q, N]`; None for none.
        mask: `[L, 1, Q, N]`, the same for every example and head; None for none.

    Returns:
        `[B * L, M, Q, D]`.
    """
    logits = query @ key.transpose(-2, -1)
    if bias is not None:
        logits = logits + bias
    if mask is not None:
        logits = (logits.reshape(-1, len(mask), *logits.shape[1:]) + mask).flatten(0, 1)
    return logits.softmax(dim=-1) @ value
