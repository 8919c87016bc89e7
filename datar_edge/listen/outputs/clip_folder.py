"""A folder of clips that never grows beyond its budget."""

from __future__ import annotations

import os
import re
from pathlib import Path

import soundfile

from datar_edge.errors import ConfigError
from datar_edge.half_written import half_written

MARK = "datar-edge"
"""Value of the tag `software` in each clip: a file without it is not ours."""
_NAME = re.compile(r"(\d{8}T\d{9}Z|\d{9}ms)_[a-z0-9-]+_[01]\.\d\d(-\d+)?\.flac")
_PARTIAL = re.compile(rf"\.{_NAME.pattern}\.part")


class ClipFolder:
    """Keeps clips, and deletes the oldest of them where they outgrow their budget.

    Only files are deleted that have the names and the tag of clips of ours.

    Args:
        path: the folder; it is made where it is missing.
        option: that named it, for errors.
        budget_bytes: of all clips in it.

    Raises:
        ConfigError: the folder cannot be made or written.
    """

    def __init__(self, path: Path, *, option: str, budget_bytes: int) -> None:
        self.path = path
        self._budget_bytes = budget_bytes
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._remove_partial_clips()
            trial = path / f".{MARK}.{os.getpid()}.part"
            trial.touch()
            trial.unlink()
        except OSError as error:
            raise ConfigError(
                f"{option} {path} cannot be written: {error.strerror}",
                fix="Name a folder that can be.",
            ) from error

    def keep(self, name: str, data: bytes) -> Path:
        """Writes a clip, and makes room for it.

        Args:
            name: of the file, as `clip_name` makes it; it gets a number where it is taken.
            data: of the file.

        Returns:
            The file.

        Raises:
            OSError: it cannot be written, or is larger than the budget.
        """
        if len(data) > self._budget_bytes:
            raise OSError(f"a clip of {len(data):,} bytes is larger than the budget of all clips")
        path = self._free(name)
        partial = path.with_name(f".{path.name}.part")
        with half_written(partial):
            self._make_room(len(data))
            partial.write_bytes(data)
            partial.replace(path)
        return path

    def _free(self, name: str) -> Path:
        path, number = self.path / name, 1
        while path.exists():
            number += 1
            path = self.path / f"{name.removesuffix('.flac')}-{number}.flac"
        return path

    def _make_room(self, size_bytes: int) -> None:
        clips = sorted(
            (entry.name, entry.stat().st_size)
            for entry in os.scandir(self.path)
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        )
        excess_bytes = sum(size for _, size in clips) + size_bytes - self._budget_bytes
        for name, size in clips:
            if excess_bytes <= 0:
                return
            if _is_ours(self.path / name):
                (self.path / name).unlink(missing_ok=True)
            excess_bytes -= size

    def _remove_partial_clips(self) -> None:
        """Removes what an earlier run was writing when it was killed."""
        for entry in os.scandir(self.path):
            if _PARTIAL.fullmatch(entry.name):
                (self.path / entry.name).unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    try:
        with soundfile.SoundFile(path) as file:
            return str(file.software).startswith(MARK)
    except (OSError, RuntimeError):  # soundfile's errors are RuntimeErrors
        return False
