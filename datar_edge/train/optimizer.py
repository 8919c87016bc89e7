"""AdamW's parameter groups and the schedule of the learning rate."""

from __future__ import annotations

import math
import re
from typing import Any

from torch import nn

HEADS = "heads."
"""What the names of the heads' parameters begin with."""

_BLOCK = re.compile(r"(?:stages\.(\d+)|blocks)\.(\d+)\.")


def warmup_cosine(step: int, *, warmup_steps: int, total_steps: int, first_step: int = 0) -> float:
    """Factor on the learning rate: a linear rise, then half a cosine to zero.

    Args:
        step: of the run.
        warmup_steps: of the rise.
        total_steps: of the run.
        first_step: where the rise begins; 0 before.
    """
    since = step - first_step
    if since < 0:
        return 0.0
    if since < warmup_steps:
        return (since + 1) / warmup_steps
    progress = (since - warmup_steps) / max(1, total_steps - first_step - warmup_steps)
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


def parameter_groups(
    model: nn.Module,
    *,
    weight_decay: float,
    learning_rate: float,
    layer_decay: float = 1.0,
    heads_apart: bool = False,
) -> list[dict[str, Any]]:
    """Matrices and kernels decay; biases, norms and position tables do not.

    Args:
        model: the network.
        weight_decay: of those that decay.
        learning_rate: of the heads.
        layer_decay: factor on the learning rate from each layer to the one before it, as deep
            models are fine-tuned (Clark et al., 2020); 1 for the same rate everywhere.
        heads_apart: whether the heads have groups of their own, as they begin before the rest.

    Returns:
        Groups for an optimiser; each says in "heads" whether it is of the heads alone.
    """
    depths = _depths(model)
    deepest = max(depths.values())
    groups: dict[tuple[int, bool, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        depth = depths[name] if layer_decay != 1.0 else deepest
        decays = parameter.ndim >= 2 and not name.endswith("bias_table")
        of_heads = heads_apart and name.startswith(HEADS)
        group = groups.setdefault(
            (depth, decays, of_heads),
            {
                "params": [],
                "heads": of_heads,
                "weight_decay": weight_decay if decays else 0.0,
                "lr": learning_rate * layer_decay ** (deepest - depth),
            },
        )
        group["params"].append(parameter)
    return list(groups.values())


def _depths(model: nn.Module) -> dict[str, int]:
    """How many layers lie before each parameter: stem 0, then the blocks, heads last."""
    names = [name for name, _ in model.named_parameters()]
    found = {name: match for name in names if (match := _BLOCK.search(name))}
    blocks = sorted({(int(m[1] or 0), int(m[2])) for m in found.values()})
    place = {block: number for number, block in enumerate(blocks, start=1)}
    last = len(blocks) + 1
    depths = {}
    for name in names:
        match = found.get(name)
        if match:
            depths[name] = place[int(match[1] or 0), int(match[2])]
        else:
            depths[name] = last if name.startswith((HEADS, "norm.")) else 0
    return depths
