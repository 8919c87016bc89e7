"""From seconds since the start of listening to the time of day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[float], datetime]
"""Tells the time of day, with its zone, of a moment given in seconds since the start of listening;
`datar_edge.listen.wall_clock.WallClock` is one."""


def iso_time(moment: datetime) -> str:
    """A time as ISO 8601, to the millisecond."""
    return moment.isoformat(timespec="milliseconds")
