"""Failures that go on and on, told once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Tell: TypeAlias = Callable[[str], None]
"""Takes one line on how outputs fare; called from any thread."""


class Trouble:
    """Tells once that something fails, and once that it works again.

    Args:
        name: of what may fail.
        tell: takes the lines.
    """

    def __init__(self, name: str, tell: Tell) -> None:
        self._name = name
        self._tell = tell
        self._failures = 0

    def failed(self, reason: str) -> None:
        """It failed; told where it worked before."""
        self._failures += 1
        if self._failures == 1:
            self._tell(f"{self._name}: {reason}")

    def worked(self) -> None:
        """It worked; told, with the number of failures, where it failed before."""
        if self._failures:
            times = "once" if self._failures == 1 else f"{self._failures} times"
            self._tell(f"{self._name}: works again; it failed {times}")
        self._failures = 0
