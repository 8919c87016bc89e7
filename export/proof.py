"""Reads back whether a written file is what its recipe claims."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from datar_edge.errors import VerificationError
from datar_edge.export.target import TensorTypes
from datar_edge.quantize.recipe import Recipe

MIN_SHARE = 0.75
"""Least share of a file's large constants in the recipe's type.

The rest is what stays float on purpose: the front-end's matrix (7 % of datar-micro), convolutions
in ExecuTorch's half precision (another 13 %), position-bias tables, layers that lose too much.
"""


def float_share(model: nn.Module, recipe: Recipe) -> float:
    """Share of a model's parameters in layers that its recipe leaves float, 0 to 1.

    Args:
        model: the network, whose paths follow "model." in the recipe.
        recipe: with or without such layers.
    """
    total = kept = 0
    for name, parameter in model.named_parameters():
        total += parameter.numel()
        path = f"model.{name}."
        if any(path.startswith(f"{layer}.") for layer in recipe.float_layers):
            kept += parameter.numel()
    return kept / total if total else 0.0


def check_types(types: TensorTypes, recipe: Recipe, *, float_share: float = 0.0) -> None:
    """Refuses a file whose types are not what its recipe says.

    Args:
        types: read back from the file.
        recipe: what was promised.
        float_share: share of the parameters in layers that the recipe leaves float.

    Raises:
        VerificationError: fewer weights than `MIN_SHARE` of those that should have the recipe's
            type have it, or a recipe with int8 activations left none.
    """
    share = _share(types.weights, recipe.weights)
    if share < MIN_SHARE * (1.0 - float_share):
        raise VerificationError(
            f"recipe {recipe.name} promises {recipe.weights} weights, but of those in the file "
            f"{share:.0%} are ({_told(types.weights)}); it was not kept"
        )
    if (
        float_share < 1.0
        and recipe.activations != "float32"
        and not types.activations.get(recipe.activations)
    ):
        raise VerificationError(
            f"recipe {recipe.name} promises {recipe.activations} activations, but the file "
            f"computes in {_told(types.activations)}; it was not kept"
        )


def _share(counts: Mapping[str, int], kind: str) -> float:
    total = sum(counts.values())
    return counts.get(kind, 0) / total if total else 0.0


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items()) or "nothing"
