"""A choice of layers that stay float: what it has to hold, and how a recipe and a card tell it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from datar_edge.export.verify import BOUNDS, Parity
from datar_edge.models import Checkpoint
from datar_edge.quantize.recipe import Recipe

FLOAT_LAYERS_KEY = "float_layers"
"""Entry of a card's provenance: the layers that stayed float, by commas, where a mix chose them."""

MIXED = "_mixed"
"""End of the name of a recipe whose float layers are not its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """A choice of layers that stay float, and how near it keeps the model.

    Attributes:
        float_layers: those of the recipe, and the costliest.
        parity: of the file with this mix.
        float_share: share of the model's weights that stays float.
    """

    float_layers: tuple[str, ...]
    parity: Parity
    float_share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MixBound:
    """What a mix has to hold.

    Attributes:
        top1_agreement: least share of windows with the same best label, 0 to 1.
        max_abs_logit_diff: largest difference of any logit.
        sqnr_db: least SQNR of the logits.
    """

    top1_agreement: float
    max_abs_logit_diff: float
    sqnr_db: float

    def holds(self, parity: Parity) -> bool:
        """Whether a file with that parity may be kept."""
        return (
            parity.top1_agreement >= self.top1_agreement
            and parity.max_abs_logit_diff <= self.max_abs_logit_diff
            and parity.sqnr_db >= self.sqnr_db
        )


def bound_for(quantize: str, min_agreement: float | None, min_sqnr_db: float | None) -> MixBound:
    """What a mix has to hold.

    Args:
        quantize: none, fp16, int8-dynamic or int8.
        min_agreement: least share of windows with the same best label; None for the kind's.
        min_sqnr_db: least SQNR of the logits; None for any.
    """
    kind = BOUNDS[quantize]
    return MixBound(
        top1_agreement=kind.top1_agreement if min_agreement is None else min_agreement,
        max_abs_logit_diff=kind.max_abs_logit_diff,
        sqnr_db=float("-inf") if min_sqnr_db is None else min_sqnr_db,
    )


def with_mix(recipe: Recipe, mix: Mix) -> Recipe:
    """The recipe that leaves the mix's layers float, under a name that says so."""
    if set(mix.float_layers) == set(recipe.float_layers):
        return recipe
    return dataclasses.replace(recipe, name=recipe.name + MIXED, float_layers=mix.float_layers)


def noted(checkpoint: Checkpoint, recipe: Recipe, mix: Mix) -> Checkpoint:
    """The checkpoint with the mix in its provenance, which cards take over.

    Args:
        checkpoint: the model.
        recipe: the recipe, before the mix.
        mix: what stays float.
    """
    if set(mix.float_layers) == set(recipe.float_layers):
        return checkpoint
    told = {**checkpoint.provenance, FLOAT_LAYERS_KEY: ",".join(mix.float_layers)}
    return dataclasses.replace(checkpoint, provenance=told)
