"""A model made ready for litert-torch's converter."""

from __future__ import annotations

from torch import nn

from datar_edge.export.lowering import lowered
from datar_edge.export.shares import heads_in_shares
from datar_edge.models import WaveformModel
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.models.local_attention import WindowAttention

_LOGIT_BYTES = 2 << 20
"""Two heads of datar-tiny's third stage: of one, the converter makes a slow linear layer."""


def for_tflite(model: WaveformModel) -> WaveformModel:
    """A copy that the converter makes a small and fast file of."""
    return lowered(model, (_tie_table, heads_in_shares(_LOGIT_BYTES)))


def _tie_table(module: nn.Module) -> None:
    """Keeps the converter from writing unfolded position-bias tables into the file.

    They would be several times the size of some models' weights; unfolding them at run time costs
    about a hundredth of a window's time.
    """
    if isinstance(module, DeformableAttention | WindowAttention):
        module.tie_table = True
