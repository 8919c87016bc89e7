"""Which form of φ each deformable layer gets: the fastest measured, of those that apply to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from torch import nn

from datar_edge.config import SamplerForm
from datar_edge.errors import ConfigError
from datar_edge.export.sampler_table import MEASURED
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.models.sampling import SAMPLERS

_ANYWHERE: tuple[SamplerForm, ...] = ("dense", "gather", "native")
"""Forms that apply to every layer, to fall back on in this order."""


@dataclass(frozen=True, kw_only=True)
class SamplerChoice:
    """The form of every deformable layer.

    Attributes:
        forms: by module path.
        notes: where the form that was asked for does not apply: layer, reason and what it got.
    """

    forms: Mapping[str, SamplerForm]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The form, or the forms joined by "+"; "none" for a model without deformable layers."""
        return "+".join(sorted(set(self.forms.values()))) or "none"


def choose_forms(model: nn.Module, wanted: str, target: str) -> SamplerChoice:
    """Picks a form for each deformable layer.

    Args:
        model: with deformable layers or without.
        wanted: a form, or "auto" for the fastest of the target's table.
        target: the export target.

    Raises:
        ConfigError: there is no such form.
    """
    known = get_args(SamplerForm)
    if wanted != "auto" and wanted not in known:
        raise ConfigError(
            f"unknown sampler form {wanted!r}", fix=f"Forms: auto, {', '.join(known)}."
        )
    forms: dict[str, SamplerForm] = {}
    notes: list[str] = []
    for path, layer in model.named_modules():
        if isinstance(layer, DeformableAttention):
            ranked = fastest_first(layer, target)
            order = ranked if wanted == "auto" else [wanted, *ranked]
            reasons = {form: SAMPLERS[form].refusal(layer.grid) for form in known}
            forms[path] = next(form for form in (*order, *_ANYWHERE) if not reasons[form])
            if wanted != "auto" and reasons[wanted]:
                notes.append(
                    f"{path}: {wanted} does not apply, {reasons[wanted]}; it got {forms[path]}"
                )
    return SamplerChoice(forms=forms, notes=tuple(notes))


def apply_forms(model: nn.Module, choice: SamplerChoice) -> None:
    """Sets the form of every deformable layer; what the model computes stays the same."""
    for path, form in choice.forms.items():
        layer = model.get_submodule(path)
        assert isinstance(layer, DeformableAttention)
        layer.sampler = form


def fastest_first(layer: DeformableAttention, target: str) -> Sequence[SamplerForm]:
    """The forms as they were measured for the layer of the nearest size, fastest first.

    Size is queries times points times heads, what sampling the position bias grows with.
    """
    rows = [row for row in MEASURED if row.target == target]
    if not rows:
        return ()
    height, width = layer.grid.map_size
    points = len(layer.grid.rows) * len(layer.grid.columns)
    size = math.log(height * width * points * layer.bias_table.shape[0])
    nearest = min(rows, key=lambda row: abs(math.log(row.size) - size))
    return sorted(nearest.median_ms, key=lambda form: nearest.median_ms[form])
