"""Attention a few heads after the others, so that their biases and logits stay in cache."""

from __future__ import annotations

from torch import nn

from datar_edge.export.lowering import Rewrite
from datar_edge.models.deformable_attention import DeformableAttention

_FLOAT_BYTES = 4


def heads_in_shares(logit_bytes: int) -> Rewrite:
    """A `Rewrite` that attends as many heads at once as have that many bytes of logits.

    Runtimes go through a graph operator by operator. What all heads together make of a large map,
    several times a core's cache, goes to memory and back between any two operators. Forms other
    than banded make weights for a whole offset group, which shares would make again and again.

    Args:
        logit_bytes: of all heads that are attended at once; one head is always.
    """

    def share(module: nn.Module) -> None:
        if isinstance(module, DeformableAttention) and module.sampler == "banded":
            height, width = module.grid.map_size
            head_bytes = _FLOAT_BYTES * height * width * len(module.reference)
            module.heads_at_once = _heads_at_once(module, max(1, logit_bytes // head_bytes))

    return share


def _heads_at_once(module: DeformableAttention, most: int) -> int:
    """The most heads that shares of one size can have: part of an offset group, or whole groups."""
    group = module.num_heads // module.offsets.groups
    return max(
        heads
        for heads in range(1, min(most, module.num_heads) + 1)
        if module.num_heads % heads == 0 and (group % heads == 0 or heads % group == 0)
    )
