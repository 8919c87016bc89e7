"""How to train, from a JSON file: another run's `config.json`, or a few lines by hand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from datar_edge.data.augment import AugmentConfig
from datar_edge.errors import ConfigError
from datar_edge.train.config import TrainConfig

_WHAT = (
    *("preset", "variants", "start"),
    *("data", "folds", "val_folds", "negatives", "limit", "seed"),
)
"""Fields of a run that say what is trained on what; the rest says how."""


def read_recipe(path: Path) -> dict[str, Any]:
    """The fields of `TrainConfig` that a file sets.

    What it says of model and data is left out, so that any run's configuration is a recipe.

    Raises:
        ConfigError: the file is missing or no JSON, or a field is unknown or no number where one is
            wanted. `TrainConfig` and `AugmentConfig` check ranges.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(said, dict):
            raise ConfigError(f"{path} holds no recipe", fix='Give it fields: {"epochs": 60}.')
    except OSError as error:
        raise ConfigError(
            f"the recipe {path} cannot be read: {error.strerror}", fix="Check the path."
        ) from error
    except ValueError as error:  # neither JSON nor text
        raise ConfigError(f"the recipe {path} is no JSON: {error}", fix="Mend it.") from error
    fields = _checked(said, TrainConfig(), path)
    if "augment" in fields:
        fields["augment"] = AugmentConfig(**_checked(said["augment"], AugmentConfig(), path))
    return {name: value for name, value in fields.items() if name not in _WHAT}


def _checked(said: dict[str, Any], defaults: Any, path: Path) -> dict[str, Any]:
    """The same fields with lists as tuples, each of a kind with its default."""
    known = {field.name: getattr(defaults, field.name) for field in dataclasses.fields(defaults)}
    fields = {}
    for name, value in said.items():
        if name not in known:
            raise ConfigError(
                f"{path} sets {name!r}, which no recipe has", fix=f"Known: {', '.join(known)}."
            )
        fields[name] = tuple(value) if isinstance(value, list) else value
        if not _alike(fields[name], known[name]):
            raise ConfigError(
                f"{path} sets {name} to {value!r}", fix=f"As an example: {known[name]!r}."
            )
    return fields


def _alike(value: object, default: object) -> bool:
    if isinstance(default, AugmentConfig):
        return isinstance(value, dict)
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float) or default is None:  # None: the preset's rate of dropout
        return value is default or isinstance(value, int | float)
    if isinstance(default, tuple) and default:
        if not isinstance(value, tuple) or len(value) != len(default):
            return False
        return all(_alike(each, default[0]) for each in value)
    return isinstance(value, type(default))
