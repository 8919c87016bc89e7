"""The other end of `benchmark_worker`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datar_edge.runtime.child import Child, python

_FIX = "Export the file again; allow more time with --timeout if it is only large."


class WorkerProcess(Child):
    """A process that holds one model file; started at once, ended by `close`.

    Args:
        path: the file.
        threads: that the runtime may use.
        timeout_s: how long one answer may take.
        command: what to run instead of the worker.
    """

    def __init__(
        self, path: Path, *, threads: int, timeout_s: float, command: Sequence[str] | None = None
    ) -> None:
        worker = python("datar_edge.report.benchmark_worker", str(path), str(threads))
        super().__init__(command or worker)
        self._path = path
        self._timeout_s = timeout_s

    def tell(self, what: str) -> dict[str, Any]:
        """Asks, and waits for the answer.

        Args:
            what: `load`, `run`, `memory` or `delegation`.

        Raises:
            InputError: the file is not one that can be run; as the runtime told it.
            RuntimeFailureError: the runtime failed, died or did not answer in time.
        """
        return self.ask(
            f"{what}\n".encode("ascii"),
            subject=f"{what!r} of {self._path}",
            timeout_s=self._timeout_s,
            fix=_FIX,
        )

    def run_on_core(self, number: int) -> None:
        """Keeps its main thread on one of the cores that we may use, where the system can.

        Args:
            number: of the core, from the start again after the last.
        """
        if sys.platform != "linux":
            return
        cores = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError):  # it died, which the next answer tells
            os.sched_setaffinity(self.pid, {cores[number % len(cores)]})
