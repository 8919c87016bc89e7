"""Health in a file that is always whole."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from datar_edge.errors import ConfigError
from datar_edge.half_written import beside
from datar_edge.listen.health import Health
from datar_edge.listen.service.document import health_document


class StatusFile:
    """Written beside and renamed, so that a reader sees the old or the new; from any thread.

    Args:
        path: the file.
        tell: told once when it cannot be written any more, and when it can again.
    """

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell
        self._fails = False
        self._writing = threading.Lock()

    def begin(self, health: Health, problem: str) -> None:
        """Writes for the first time.

        Raises:
            ConfigError: it cannot be written.
        """
        try:
            self._write(health, problem)
        except OSError as error:
            raise ConfigError(
                f"--status-file {self._path} cannot be written: {error.strerror}",
                fix="Name a file in a folder that exists and may be written to.",
            ) from error

    def write(self, health: Health, problem: str) -> None:
        """Writes again; a disk that is full does not end listening."""
        try:
            self._write(health, problem)
        except OSError as error:
            if not self._fails:
                self._tell(f"the status file {self._path} cannot be written: {error.strerror}")
            self._fails = True
            return
        if self._fails:
            self._tell(f"the status file {self._path} is written again")
        self._fails = False

    def _write(self, health: Health, problem: str) -> None:
        now = datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds")
        document = {"written": now, **health_document(health, problem)}
        with self._writing, beside(self._path, makes_folders=False) as partial:
            partial.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
