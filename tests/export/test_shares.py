"""How many heads of a layer are attended at once."""

from __future__ import annotations

import pytest

from datar_edge.config import DeformableConfig, SamplerForm
from datar_edge.export.shares import heads_in_shares
from datar_edge.models.deformable_attention import DeformableAttention

MIB = 1 << 20


def layer(heads: int, groups: int, map_size: tuple[int, int]) -> DeformableAttention:
    module = DeformableAttention(
        dim=2 * heads,
        num_heads=heads,
        map_size=map_size,
        config=DeformableConfig(groups=groups),
    )
    module.sampler = "banded"
    return module


@pytest.mark.parametrize(
    ("heads", "groups", "map_size", "logit_bytes", "expected"),
    [
        (12, 3, (8, 64), 1 * MIB, 1),  # datar-tiny's stage 3: a head's logits are 1 MiB
        (12, 3, (8, 64), 2 * MIB, 2),
        (12, 3, (8, 64), 3 * MIB, 2),  # three are no part of a group of four
        (12, 3, (8, 64), 9 * MIB, 4),  # eight are whole groups, but no part of twelve
        (12, 3, (8, 64), 12 * MIB, 12),
        (24, 6, (4, 32), 2 * MIB, 24),  # stage 4: all of them are 1.5 MiB
        (12, 3, (8, 64), 1, 1),  # one head always
        (1, 1, (4, 32), MIB, 1),
    ],
)
def test_as_many_heads_as_fit(
    heads: int, groups: int, map_size: tuple[int, int], logit_bytes: int, expected: int
) -> None:
    module = layer(heads, groups, map_size)
    assert heads_in_shares(logit_bytes)(module) is None
    assert module.heads_at_once == expected


@pytest.mark.parametrize("form", ["native", "gather", "dense", "stencil"])
def test_forms_with_weights_of_a_whole_group_are_left_together(form: SamplerForm) -> None:
    module = layer(12, 3, (8, 64))
    module.sampler = form
    heads_in_shares(1)(module)
    assert module.heads_at_once == 12
