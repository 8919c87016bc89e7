"""Negatives: recordings of what is none of a model's labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from datar_edge.audio.files import AudioReader, find_audio_files
from datar_edge.data.dataset import DEALT_FOLDS, Clip
from datar_edge.errors import AudioError, DataError

_PIECE_S = 10.0
_SHORTEST_S = 1.0
"""A rest shorter than this is not worth an example of its own."""


def read_negatives(root: Path) -> tuple[Clip, ...]:
    """All sound below a folder, long recordings cut into pieces of ten seconds.

    The recordings are dealt out into five folds, fold 5 last, so that fewer than five leave none
    to measure on; pieces of one recording share its fold.

    Args:
        root: the folder.

    Returns:
        Clips without labels.

    Raises:
        DataError: it is missing, or holds no sound.
    """
    if not root.is_dir():
        problem = "is not a folder" if root.exists() else "does not exist"
        raise DataError(f"the folder of negatives {root} {problem}", fix="Check the path.")
    try:
        files = find_audio_files([root])
    except AudioError as error:
        raise DataError(
            f"the folder of negatives {root} holds no sound",
            fix="Record what is none of the labels: silence, speech, the room.",
        ) from error
    folds = sorted(DEALT_FOLDS)
    return tuple(
        piece
        for number, path in enumerate(files)
        for piece in _pieces(path, folds[number % len(folds)])
    )


def _pieces(path: Path, fold: int) -> Iterator[Clip]:
    try:
        with AudioReader(path) as reader:
            duration_s = reader.duration_s
    except AudioError:
        duration_s = 0.0  # one clip, which is told as unreadable when it is read
    count = max(1, int((duration_s + _PIECE_S - _SHORTEST_S) / _PIECE_S))
    for number in range(count):
        last = number == count - 1
        yield Clip(
            path=path,
            targets={},
            fold=fold,
            start_s=number * _PIECE_S,
            duration_s=None if last else _PIECE_S,
        )
