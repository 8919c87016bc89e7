"""The network without its heads, kept as it is while new heads learn what it gives them."""

from __future__ import annotations

from datar_edge.models import Network
from datar_edge.train.optimizer import HEADS

_WITH_THE_HEADS = ("heads", "dropout")


def set_body_frozen(model: Network, *, frozen: bool) -> None:
    """Keeps everything before the heads from being changed, or lets it learn.

    While frozen it computes as in use: dropout is off, and batch-norm takes its statistics and
    leaves them as they are.

    Args:
        model: the network; its heads, and the dropout in front of them, go on.
        frozen: whether to keep or to let go.
    """
    for name, parameter in model.named_parameters():
        if not name.startswith(HEADS):
            parameter.requires_grad_(not frozen)
    for name, part in model.named_children():
        if name not in _WITH_THE_HEADS:
            part.train(not frozen)
