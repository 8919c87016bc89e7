"""EPIC-KITCHENS-100 (Damen et al., 2022): actions, each a verb and a noun, cut from long videos.

`EPIC_100_train.csv` and `EPIC_100_validation.csv`, the lists of classes where they lie beside
them, and the sound of each video as `VIDEO.wav`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.data.sounds_by_name import SoundsByName
from datar_edge.data.tables import Row, seconds, table_rows, whole_number
from datar_edge.errors import DataError

HEADS = ("verb", "noun")
_FOLDS = ("train", "validation")
_COLUMNS = ("narration_id", "video_id", "start_timestamp", "stop_timestamp")
_CLASS_COLUMNS = tuple(f"{head}_class" for head in HEADS)
_ATTRIBUTION = (
    "D. Damen et al., Rescaling Egocentric Vision: Collection, Pipeline and Challenges for"
    " EPIC-KITCHENS-100, IJCV 2022"
)


def read_epic_kitchens(root: Path) -> ClipSet:
    """The actions whose sound lies below `root`; folds are "train" and "validation".

    As in the paper, classes without an action to train on are left out, and with them the actions
    to validate on that have such a class: 97 verbs and 293 nouns remain of the whole set.

    Raises:
        DataError: a table or all sound is missing, or a row is not as it should be.
    """
    sounds = SoundsByName(root)
    rows = {fold: _rows(root, fold) for fold in _FOLDS}
    labels = {head: _labels(root, head, rows["train"]) for head in HEADS}
    clips: dict[str, Clip] = {}
    left_out: list[str] = []
    for fold in _FOLDS:
        for row in rows[fold]:
            made = _clip(row, fold, labels, sounds)
            name = row[1]["narration_id"]
            if isinstance(made, str):
                left_out.append(f"{row[0]}: {made}")
            elif name in clips:
                left_out.append(f"{row[0]}: {name} stands in a table before")
            else:
                clips[name] = made
    return ClipSet(
        name="EPIC-KITCHENS-100",
        heads={head: tuple(labels[head].values()) for head in HEADS},
        clips=tuple(clips.values()),
        licence="CC BY-NC 4.0",
        attribution=_ATTRIBUTION,
        left_out=tuple(left_out),
    )


def _rows(root: Path, fold: str) -> list[Row]:
    return list(table_rows(root / f"EPIC_100_{fold}.csv", (*_COLUMNS, *_CLASS_COLUMNS)))


def _labels(root: Path, head: str, rows: list[Row]) -> Mapping[int, str]:
    """Names of the classes that occur, by their number; the number itself where none is listed."""
    listed: dict[int, str] = {}
    names = root / f"EPIC_100_{head}_classes.csv"
    if names.is_file():
        listed = {
            whole_number(row, "id"): row[1]["key"] for row in table_rows(names, ("id", "key"))
        }
    used = sorted({whole_number(row, f"{head}_class") for row in rows})
    return {number: listed.get(number, f"{head} {number}") for number in used}


def _clip(
    row: Row, fold: str, labels: Mapping[str, Mapping[int, str]], sounds: SoundsByName
) -> Clip | str:
    """The action, or why it cannot be used."""
    where, values = row
    targets = {}
    for head in HEADS:
        number = whole_number(row, f"{head}_class")
        if number not in labels[head]:
            return f"the {head} {number} has no action to train on"
        targets[head] = labels[head][number]
    start_s, stop_s = seconds(row, "start_timestamp"), seconds(row, "stop_timestamp")
    if stop_s <= start_s:
        raise DataError(
            f"{where}, column 'stop_timestamp' is {values['stop_timestamp']!r}",
            fix=f"An action ends after it starts, at {values['start_timestamp']}.",
        )
    path = sounds.find((values["video_id"],))
    if path is None:
        return f"there is no sound of the video {values['video_id']}"
    return Clip(path=path, targets=targets, fold=fold, start_s=start_s, duration_s=stop_s - start_s)
