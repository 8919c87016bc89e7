"""The folders and sound files of a data set, in an order that is the same on every machine."""

from __future__ import annotations

from pathlib import Path

from datar_edge.audio.files import AUDIO_SUFFIXES
from datar_edge.errors import DataError


def subfolders(root: Path) -> list[Path]:
    """The folders right below `root` by name, hidden ones left out.

    Raises:
        DataError: `root` is missing or is not a folder.
    """
    if not root.is_dir():
        problem = "is not a folder" if root.exists() else "does not exist"
        raise DataError(f"the data set's folder {root} {problem}", fix="Check the path.")
    return sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] != ".")


def sound_files(folder: Path) -> list[Path]:
    """The sound files below `folder` by path, hidden ones left out.

    Raises:
        DataError: there is none.
    """
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in AUDIO_SUFFIXES and path.name[0] != "." and path.is_file()
    )
    if not found:
        raise DataError(
            f"the class folder {folder} holds no sound file",
            fix="Add recordings, or remove the folder.",
        )
    return found
