"""The recipes there are. Adding one is an entry here and its quantizer's file."""

from __future__ import annotations

from collections.abc import Mapping

from datar_edge.errors import ConfigError
from datar_edge.quantize.recipe import Recipe

_ALL = (Recipe(name="tflite_float32", target="tflite", quantize="none"),)

RECIPES: Mapping[tuple[str, str], Recipe] = {(each.target, each.quantize): each for each in _ALL}
"""By target and by the name that users give."""


def recipe_for(target: str, quantize: str) -> Recipe:
    """The recipe of that name for that target.

    Raises:
        ConfigError: there is none.
    """
    if (target, quantize) not in RECIPES:
        known = [name for of, name in RECIPES if of == target]
        raise ConfigError(
            f"unknown quantization {quantize!r} for {target}", fix=f"Known: {', '.join(known)}."
        )
    return RECIPES[target, quantize]
