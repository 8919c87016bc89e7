"""How much there is to tag, counted beside the work, which need not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from datar_edge.tagging.planned import planned_files


class CountedBytes:
    """Goes through all files in a thread of its own.

    Args:
        paths: as for `planned_files`.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._total: int | None = None
        threading.Thread(target=self._count, name="count", daemon=True).start()

    def __call__(self) -> int | None:
        """The size of all files, None while they are being counted."""
        return self._total

    def _count(self) -> None:
        self._total = sum(file.size_bytes for file in planned_files(self._paths))
