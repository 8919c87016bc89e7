"""A model made ready for a runtime: modules swapped for equals that it runs better."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

from torch import nn

from datar_edge.models import WaveformModel

Rewrite = Callable[[nn.Module], nn.Module | None]
"""Gives the module that computes the same as its argument, or None to leave that as it is."""


def lowered(model: WaveformModel, rewrites: Sequence[Rewrite]) -> WaveformModel:
    """A copy of the model with modules swapped, children before parents.

    Args:
        model: in evaluation mode; not changed.
        rewrites: tried in turn on every module.
    """
    changed = copy.deepcopy(model).eval()
    for rewrite in rewrites:
        _swap(changed, rewrite)
    return changed.eval()


def _swap(parent: nn.Module, rewrite: Rewrite) -> None:
    for name, child in list(parent.named_children()):
        _swap(child, rewrite)
        better = rewrite(child)
        if better is not None:
            setattr(parent, name, better)
