"""One figure of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Measured = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        measurement: whose result it is read from; also what `--only` calls it.
        figure: what it is.
        aim: what it must be.
        value: as it is shown.
        held: whether the aim is reached.
    """

    measurement: str
    figure: str
    aim: str
    value: Callable[[Measured], str]
    held: Callable[[Measured], bool]
