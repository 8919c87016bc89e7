"""Opens a data set by `SCHEME:FOLDER`. A new kind is one file and one line of `READERS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from datar_edge.data.dataset import ClipSet, Fold
from datar_edge.data.epic_kitchens import read_epic_kitchens
from datar_edge.data.esc import read_esc
from datar_edge.data.folder import read_folder
from datar_edge.data.kinetics_sounds import read_kinetics_sounds
from datar_edge.data.vggsound import read_vggsound
from datar_edge.errors import DataError

_FOLD = re.compile(r"\d+|[A-Za-z][\w-]*")

Reader = Callable[[Path], ClipSet]
"""Takes a folder, gives all its clips in a fixed order."""

READERS: Mapping[str, Reader] = {
    "esc": read_esc,
    "folder": read_folder,
    "vggsound": read_vggsound,
    "kinetics-sounds": read_kinetics_sounds,
    "epic-kitchens": read_epic_kitchens,
}


def open_dataset(spec: str, *, folds: Collection[Fold] = (), limit: int | None = None) -> ClipSet:
    """The clips of a data set, interleaved by label (see `ClipSet.select`).

    Args:
        spec: `esc:DIR`, `folder:DIR` or another of `READERS`.
        folds: takes the clips of these alone; none given takes all.
        limit: takes the first of them; None takes all.

    Raises:
        DataError: no such scheme, folder, fold or limit, or the folder is not laid out right.
    """
    scheme, separator, folder = spec.partition(":")
    if scheme not in READERS or not separator or not folder:
        known = ", ".join(f"{name}:DIR" for name in READERS)
        raise DataError(f"unknown data set {spec!r}", fix=f"Known are: {known}.")
    return READERS[scheme](Path(folder).expanduser()).select(folds, limit)


def parse_folds(text: str) -> tuple[Fold, ...]:
    """The folds of "1,2,3" or "train"; an empty text has none.

    Raises:
        DataError: a part is neither a whole number nor a name.
    """
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    for part in parts:
        if not _FOLD.fullmatch(part):
            raise DataError(
                f"the fold {part!r} is neither a number nor a name",
                fix="Write them as in: 1,2,3 or: train",
            )
    return tuple(int(part) if part.isdecimal() else part for part in parts)
