"""How configurations check themselves, and are read from plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from datar_edge.errors import ConfigError

_Config = TypeVar("_Config")


def require(condition: bool, name: str, value: object, allowed: str) -> None:
    """Refuses a field's value, naming field, value and what is allowed.

    Raises:
        ConfigError: the condition does not hold.
    """
    if not condition:
        raise ConfigError(f"{name} is {value!r}", fix=f"Allowed: {allowed}.")


def require_choice(name: str, value: object, choices: object) -> None:
    """Refuses a value that is none of a `Literal`'s.

    Raises:
        ConfigError: it is none of them.
    """
    names = get_args(choices)
    require(value in names, name, value, ", ".join(names))


def build(cls: type[_Config], data: Mapping[str, Any], where: str) -> _Config:
    """A configuration from plain data.

    Raises:
        ConfigError: no table, a field is unknown or missing, or a value is out of its range.
    """
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where} is {type(data).__name__}", fix="Allowed: a table of fields.")
    known = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(data) - known)
    if unknown:
        raise ConfigError(
            f"{where} has the unknown field {unknown[0]!r}",
            fix=f"Allowed: {', '.join(sorted(known))}.",
        )
    try:
        return cls(**data)
    except TypeError as error:
        raise ConfigError(f"{where} cannot be read: {error}") from error
