"""AdamW's parameter groups and the schedule of the learning rate."""

from __future__ import annotations

import math
import re
from typing import Any

from torch import nn

_BLOCK = re.compile(r"(?:stages\.(\d+)|blocks)\.(\d+)\.")


def warmup_cosine(step: int, *, warmup_steps: int, total_steps: int) -> float:
    """Factor on the learning rate: a linear rise, then half a cosine to zero."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))


def parameter_groups(
    model: nn.Module, *, weight_decay: float, learning_rate: float, layer_decay: float = 1.0
) -> list[dict[str, Any]]:
    """Matrices and kernels decay; biases, norms and position tables do not.

    Args:
        model: the network.
        weight_decay: of those that decay.
        learning_rate: of the heads.
        layer_decay: factor on the learning rate from each layer to the one before it, as deep
            models are fine-tuned (Clark et al., 2020); 1 for the same rate everywhere.
    """
    depths = _depths(model)
    deepest = max(depths.values())
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        depth = depths[name] if layer_decay != 1.0 else deepest
        decays = parameter.ndim >= 2 and not name.endswith("bias_table")
        group = groups.setdefault(
            (depth, decays),
            {
                "params": [],
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
            depths[name] = last if name.startswith(("heads.", "norm.")) else 0
    return depths
