"""A data set of one's own: one folder a label, the recordings anywhere below it.

Recordings in one subfolder of a label count as parts of one source, and are never parted when the
set is dealt out into folds.
"""

from __future__ import annotations

from pathlib import Path

from datar_edge.data.dataset import MAIN_HEAD, Clip, ClipSet
from datar_edge.data.files import sound_files, subfolders
from datar_edge.errors import DataError


def read_folder(root: Path) -> ClipSet:
    """All recordings below `root`; the folders right in it are the labels, by alphabet.

    Raises:
        DataError: there is no folder, or one without a sound file.
    """
    folders = subfolders(root)
    if not folders:
        raise DataError(
            f"{root} holds no folders",
            fix="Put the recordings of each label into a folder of that name.",
        )
    clips = tuple(
        Clip(path=path, targets={MAIN_HEAD: folder.name}, group=_group_of(path, folder))
        for folder in folders
        for path in sound_files(folder)
    )
    labels = tuple(folder.name for folder in folders)
    return ClipSet(name=root.resolve().name, heads={MAIN_HEAD: labels}, clips=clips)


def _group_of(path: Path, folder: Path) -> Path | None:
    """The subfolder of the label that holds the recording, None right in the label's folder."""
    inside = path.relative_to(folder).parts
    return folder / inside[0] if len(inside) > 1 else None
