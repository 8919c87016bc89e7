"""Concatenation in pieces that delegates take.

XNNPACK joins up to five tensors at once, and converters merge a join of joins into one: between
them stands a reshape.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_MOST = 4


def stacked(parts: Sequence[Tensor], dim: int) -> Tensor:
    """`torch.stack` by joins of a few tensors each.

    Args:
        parts: one tensor or more of one shape.
        dim: place of the new axis, counted from the front.
    """
    shape = parts[0].shape
    before, behind = shape[:dim].numel(), shape[dim:].numel()
    level = [part.reshape(before, 1, behind) for part in parts]  # runtimes have six axes at most
    while len(level) > 1:
        groups = [level[first : first + _MOST] for first in range(0, len(level), _MOST)]
        level = [_join(group) for group in groups]
    return level[0].reshape(*shape[:dim], len(parts), *shape[dim:])


def _join(parts: Sequence[Tensor]) -> Tensor:
    """Joins `[before, n, behind]` along the second axis."""
    if len({part.shape for part in parts}) > 1:  # the last of a level may be smaller
        return torch.cat(list(parts), dim=1)
    return torch.cat([part.unsqueeze(1) for part in parts], dim=1).flatten(1, 2)


def repeated(values: Tensor, count: int) -> Tensor:
    """The last axis written at least `count` times in a row: `[..., L]`, `[..., count * L]` up."""
    if count == 1:
        return values
    base = repeated(values, -(-count // _MOST))
    # Each its own view: ExecuTorch's partitioner refuses a join of one tensor with itself.
    return torch.cat([base.unsqueeze(-2) for _ in range(min(_MOST, count))], dim=-2).flatten(-2)
