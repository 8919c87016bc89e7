"""The files to tag, one after the other: folders of any size are never held as a list."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from datar_edge.audio.files import AUDIO_SUFFIXES


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """A file to tag, as it was when it was found.

    Attributes:
        path: as it was named, or below the folder that was named.
        size_bytes: its size; 0 where it is missing.
        modified_ns: when it was last changed, in nanoseconds since 1970; 0 where it is missing.
        problem: why there is nothing to tag; empty for a file.
    """

    path: str
    size_bytes: int = 0
    modified_ns: int = 0
    problem: str = ""


def planned_files(paths: Iterable[Path]) -> Iterator[PlannedFile]:
    """Files as they are given; folders replaced by the sound files below them, sorted by name.

    Each file comes once. The order depends on nothing but the names.

    Args:
        paths: files, whatever their suffix, and folders.

    Yields:
        The files; in its place, a folder that cannot be read or holds no sound, with `problem`.
    """
    named: set[Path] = set()
    for path in paths:
        if path in named or not named.isdisjoint(path.parents):
            continue
        if path.is_dir():
            yield from _below_named(path, named)
        else:
            yield _planned(path)
        named.add(path)


def _below_named(folder: Path, earlier: set[Path]) -> Iterator[PlannedFile]:
    empty = True
    for file in _below(folder):
        empty = False
        if Path(file.path) not in earlier:
            yield file
    if empty:
        suffixes = ", ".join(sorted(AUDIO_SUFFIXES))
        yield PlannedFile(
            path=str(folder),
            problem=f"{folder} holds no sound files. "
            f"Looked for {suffixes}; name other files one by one.",
        )


def _below(folder: Path) -> Iterator[PlannedFile]:
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        yield PlannedFile(
            path=str(folder),
            problem=f"folder {folder} cannot be read: {error.strerror}. Check its permissions.",
        )
        return
    for entry in entries:
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _below(path)
        elif path.suffix.lower() in AUDIO_SUFFIXES and not entry.name.startswith("."):
            yield _planned(path)


def _planned(path: Path) -> PlannedFile:
    try:
        status = path.stat()
    except OSError:  # whoever opens it tells what is wrong
        return PlannedFile(path=str(path))
    return PlannedFile(path=str(path), size_bytes=status.st_size, modified_ns=status.st_mtime_ns)
