"""Reads back whether a written file is what its recipe claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from datar_edge.errors import VerificationError
from datar_edge.export.target import TensorTypes
from datar_edge.quantize.recipe import LayerKind, Recipe

MIN_SHARE = 0.98
"""Least share of the promised weights that a file has to hold; the rest are single small layers
that a converter multiplies out."""
_LEAST_ELEMENTS = 1_024
"""Smaller weights are not read back: see `TensorTypes`."""


def promised_weights(model: nn.Module, recipe: Recipe) -> int:
    """Elements of the weights that a recipe says have its type.

    Args:
        model: whose paths are those of the recipe's float layers.
        recipe: with or without float layers.
    """
    return sum(
        layer.weight.numel()
        for path, layer in model.named_modules()
        if _kind(layer) in recipe.kinds and not _within(path, recipe.float_layers)
    )


def check_types(types: TensorTypes, recipe: Recipe, *, promised: int) -> None:
    """Refuses a file whose types are not what its recipe says.

    Args:
        types: read back from the file.
        recipe: what was promised.
        promised: elements of the weights that should have the recipe's type.

    Raises:
        VerificationError: fewer weights than `MIN_SHARE` of those that should have the recipe's
            type have it, or a recipe with int8 activations left none.
    """
    found = types.weights.get(recipe.weights, 0)
    if found < MIN_SHARE * promised:
        raise VerificationError(
            f"recipe {recipe.name} promises {promised:,} {recipe.weights} weights, but the file "
            f"holds {found:,} ({_told(types.weights)}); it was not kept"
        )
    if (
        promised
        and recipe.activations != "float32"
        and not types.activations.get(recipe.activations)
    ):
        raise VerificationError(
            f"recipe {recipe.name} promises {recipe.activations} activations, but the file "
            f"computes in {_told(types.activations)}; it was not kept"
        )


def _kind(layer: nn.Module) -> LayerKind | None:
    """What a layer is to a recipe; None where it has no weights worth a smaller type."""
    if isinstance(layer, nn.Linear) and layer.weight.numel() >= _LEAST_ELEMENTS:
        return "linear"
    if isinstance(layer, nn.Conv2d) and layer.groups == 1:
        return "convolution" if layer.weight.numel() >= _LEAST_ELEMENTS else None
    return None


def _within(path: str, layers: Sequence[str]) -> bool:
    return any(f"{path}.".startswith(f"{layer}.") for layer in layers)


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items()) or "nothing"
