"""Recordings for what needs sound but no labels, such as calibration."""

from __future__ import annotations

from pathlib import Path

from datar_edge.audio.files import find_audio_files
from datar_edge.data.readers import READERS, open_dataset
from datar_edge.errors import DataError


def recordings_of(spec: str, limit: int | None = None) -> tuple[Path, ...]:
    """The sound files of a data set, or of a plain folder.

    Args:
        spec: a data set as `open_dataset` takes it, or a folder that is searched for sound.
        limit: takes so many of them, spread over the labels or over the folder's files in the
            order of their names; None takes all.

    Raises:
        AudioError: the folder holds no sound.
        DataError: the folder does not exist, the data set is not laid out right, or the limit is
            below 1.
    """
    if spec.partition(":")[0] in READERS and ":" in spec:
        clips = open_dataset(spec, limit=limit).clips
        return tuple(dict.fromkeys(clip.path for clip in clips))
    folder = Path(spec).expanduser()
    if not folder.is_dir():
        known = ", ".join(f"{name}:DIR" for name in READERS)
        raise DataError(
            f"there is no folder of recordings at {spec!r}", fix=f"Give a folder, or {known}."
        )
    if limit is not None and limit < 1:
        raise DataError(f"the limit of recordings is {limit}", fix="Allowed: 1 or more.")
    files = find_audio_files([folder])
    count = len(files) if limit is None else min(limit, len(files))
    return tuple(files[index * len(files) // count] for index in range(count))
