"""Finished measurements in a folder, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datar_edge.errors import ConfigError
from datar_edge.half_written import beside


class Kept:
    """One JSON file a measurement, with what it depends on, its date and its machine.

    Args:
        folder: made when the first measurement is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, subject: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What was kept of that subject, or None; a file that cannot be read holds nothing."""
        try:
            record = json.loads(self._path(subject).read_text(encoding="utf-8"))
            known: bool = record["subject"] == _plain(subject)
            whole: bool = record["sha256"] == _sha256(record["result"])
            result: Mapping[str, Any] = record["result"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return result if known and whole else None

    def put(self, subject: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Keeps a result, written beside its place and renamed.

        Raises:
            ConfigError: it cannot be written.
        """
        record = {"subject": subject, "sha256": _sha256(_plain(result)), "result": result}
        path = self._path(subject)
        try:
            with beside(path) as partial:
                partial.write_text(json.dumps(record, indent=1), encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"{path} cannot be written: {error.strerror}",
                fix="Check the folder and its free space, or name another with --keep.",
            ) from error

    def _path(self, subject: Mapping[str, Any]) -> Path:
        return self.folder / f"{subject['section']}-{_sha256(_plain(subject))[:16]}.json"


def _plain(data: Mapping[str, Any]) -> Any:
    """As it comes back from JSON: tuples as lists."""
    return json.loads(json.dumps(data))


def _sha256(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
