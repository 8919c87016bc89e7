"""Options that commands share as a group: a dataclass whose fields are options.

@dataclass(frozen=True, kw_only=True)
class Place:
    city: Annotated[str, typer.Option(help="Where.")] = "Bern"

@with_option_groups
def weather(day: str, *, place: Place) -> None: ...  # takes --city
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any


def with_option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes the fields of its dataclass parameters, each as an option."""
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, Any] = {
        each.name: each.annotation
        for each in signature.parameters.values()
        if dataclasses.is_dataclass(each.annotation)
    }

    @functools.wraps(command)
    def run(**values: Any) -> None:
        for name, group in groups.items():
            fields = dataclasses.fields(group)
            values[name] = group(**{field.name: values.pop(field.name) for field in fields})
        command(**values)

    # typer reads the options off the signature.
    parameters = [
        option
        for each in signature.parameters.values()
        for option in (_options_of(groups[each.name]) if each.name in groups else [each])
    ]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def _options_of(group: Any) -> list[inspect.Parameter]:
    hints = typing.get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_empty_if_missing(field.default),
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(group)
    ]


def _empty_if_missing(default: Any) -> Any:
    return inspect.Parameter.empty if default is dataclasses.MISSING else default
