"""The sound files below a folder by name, for sets whose table names clips and not files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from datar_edge.audio.files import AUDIO_SUFFIXES
from datar_edge.errors import DataError


class SoundsByName:
    """Finds files by the name before the suffix, anywhere below a folder, in one walk.

    Args:
        root: the folder.

    Raises:
        DataError: it is missing, or holds no sound file.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            problem = "is not a folder" if root.exists() else "does not exist"
            raise DataError(f"the data set's folder {root} {problem}", fix="Check the path.")
        self._paths: dict[str, Path] = {}
        for path in sorted(_sounds_below(root)):
            self._paths.setdefault(path.stem, path)
        if not self._paths:
            raise DataError(
                f"{root} holds no sound file",
                fix="Extract the videos' sound as .wav, .flac or .ogg into it, at any depth.",
            )

    def find(self, names: Iterable[str]) -> Path | None:
        """The file of the first of these names that is there."""
        return next((self._paths[name] for name in names if name in self._paths), None)


def _sounds_below(root: Path) -> Iterable[Path]:
    for folder, _, names in os.walk(root):
        for name in names:
            if name[0] != "." and os.path.splitext(name)[1].lower() in AUDIO_SUFFIXES:  # noqa: PTH122 (200,000 files)
                yield Path(folder, name)
