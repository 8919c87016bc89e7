"""Measured mixes in a file, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datar_edge.export.verify import Parity
from datar_edge.half_written import beside


class SensitivityCache:
    """Parity by the layers that stay float, kept in a JSON file as it is measured.

    Args:
        path: the file; one that is missing, cannot be read or tells of something else is empty.
        subject: what was measured: model, recipe, recordings. Other subjects share nothing.
    """

    def __init__(self, path: Path, subject: Mapping[str, Any]) -> None:
        self._path = path
        self._subject = hashlib.sha256(
            json.dumps(subject, sort_keys=True, default=str).encode()
        ).hexdigest()
        self._known = self._read()

    def get(self, float_layers: Sequence[str]) -> Parity | None:
        """What was measured with these layers float, or None."""
        return self._known.get(_key(float_layers))

    def put(self, float_layers: Sequence[str], parity: Parity) -> None:
        """Keeps a measurement, on disk too."""
        self._known[_key(float_layers)] = parity
        data = {
            "subject": self._subject,
            "parity_by_float_layers": {
                key: dataclasses.asdict(each) for key, each in self._known.items()
            },
        }
        with beside(self._path) as partial:
            partial.write_text(json.dumps(data, indent=1), encoding="utf-8")

    def _read(self) -> dict[str, Parity]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            if data["subject"] != self._subject:
                return {}
            entries = data["parity_by_float_layers"].items()
            return {key: Parity(**figures) for key, figures in entries}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}


def _key(float_layers: Sequence[str]) -> str:
    return ",".join(sorted(float_layers))
