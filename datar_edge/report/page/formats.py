"""Figures in the form that people read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

MISSING = "–"


def percent(share: float | None) -> str:
    """A share as percent."""
    return MISSING if share is None else f"{share:.1%}"


def between(interval: Sequence[float]) -> str:
    """An interval of shares."""
    low, high = interval
    return f"{low:.1%} to {high:.1%}"


def decibels(value: float | None) -> str:
    """Decibels; None stands for no difference at all."""
    return "∞" if value is None else f"{value:.1f}"


def megabytes(size_bytes: float | None) -> str:
    """Bytes as 10⁶ bytes."""
    return MISSING if size_bytes is None else f"{size_bytes / 1e6:.2f}"


def when(iso: str) -> str:
    """A time by ISO 8601 as people write it."""
    return f"{dt.datetime.fromisoformat(iso):%d %B %Y, %H:%M} UTC".lstrip("0")


def versions(machine: Mapping[str, Any]) -> str:
    """The packages of a machine."""
    return ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
