"""ESC-10 and ESC-50 (Piczak, 2015), in both layouts that they are handed around in.

Folders, as first published: `NNN - Name/F-….ogg`, F being the fold.
A table, as published since: `audio/….wav` and `meta/esc50.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from datar_edge.data.dataset import MAIN_HEAD, Clip, ClipSet
from datar_edge.data.files import sound_files, subfolders
from datar_edge.data.tables import table_rows, whole_number
from datar_edge.errors import DataError

_ATTRIBUTION = (
    "K. J. Piczak, ESC: Dataset for Environmental Sound Classification, ACM Multimedia 2015,"
    " doi 10.1145/2733373.2806390; the clips derive from Freesound recordings"
)
_LICENCES = {"ESC-10": "CC BY 3.0", "ESC-50": "CC BY-NC 3.0"}

_TABLE = Path("meta", "esc50.csv")
_COLUMNS = ("filename", "fold", "target", "category")
_CLASS_FOLDER = re.compile(r"(\d+) - (.+)")
_FILE_OF_FOLD = re.compile(r"(\d+)-")
# Folders are numbered 001 to 010 in ESC-10, and 101 to 510 in ESC-50.
_FIRST_NUMBER_OF_ESC_50 = 101


def read_esc(root: Path) -> ClipSet:
    """All clips of the data set below `root`, which holds the class folders, or the table.

    Raises:
        DataError: the folder has neither layout, or something in it is not as it should be.
    """
    return _read_table(root) if (root / _TABLE).is_file() else _read_folders(root)


def _clip_set(name: str, labels: Iterable[str], clips: Iterable[Clip]) -> ClipSet:
    return ClipSet(
        name=name,
        heads={MAIN_HEAD: tuple(labels)},
        clips=tuple(clips),
        licence=_LICENCES[name],
        attribution=_ATTRIBUTION,
    )


def _read_folders(root: Path) -> ClipSet:
    folders = {
        int(match[1]): (match[2], folder)
        for folder in subfolders(root)
        if (match := _CLASS_FOLDER.fullmatch(folder.name))
    }
    if not folders:
        raise DataError(
            f"{root} holds neither folders such as '001 - Dog bark' nor {_TABLE}",
            fix="Name the folder that ESC-10 or ESC-50 was unpacked to.",
        )
    in_order = [folders[number] for number in sorted(folders)]
    clips = [
        Clip(path=path, targets={MAIN_HEAD: label}, fold=_fold_of(path))
        for label, folder in in_order
        for path in sound_files(folder)
    ]
    name = "ESC-50" if max(folders) >= _FIRST_NUMBER_OF_ESC_50 else "ESC-10"
    return _clip_set(name, [label for label, _ in in_order], clips)


def _fold_of(path: Path) -> int:
    match = _FILE_OF_FOLD.match(path.name)
    if not match:
        raise DataError(
            f"{path} does not start with its fold, as in '1-17150-A.ogg'",
            fix="Rename the file, or move it out of the data set.",
        )
    return int(match[1])


def _read_table(root: Path) -> ClipSet:
    table = root / _TABLE
    labels: dict[int, str] = {}
    clips: list[Clip] = []
    all_esc_10 = True
    for line in table_rows(table, _COLUMNS):
        where, row = line
        target, label = whole_number(line, "target"), row["category"]
        if labels.setdefault(target, label) != label:
            raise DataError(
                f"{where}, column 'category' is {label!r}, but target {target} was"
                f" {labels[target]!r} before",
                fix="One target has one category.",
            )
        fold = whole_number(line, "fold")
        path = root / "audio" / row["filename"]
        clips.append(Clip(path=path, targets={MAIN_HEAD: label}, fold=fold))
        all_esc_10 = all_esc_10 and row.get("esc10") == "True"
    if not clips:
        raise DataError(f"{table} lists no clip", fix="Unpack the data set again.")
    in_order = [labels[target] for target in sorted(labels)]
    return _clip_set("ESC-10" if all_esc_10 else "ESC-50", in_order, clips)
