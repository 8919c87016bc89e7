"""Kinetics-Sounds (Arandjelović and Zisserman, 2017): the classes of Kinetics-400 that are heard.

Kinetics' own tables (`label, youtube_id, time_start, time_end, split`), one or several, and the
sound of its videos.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from datar_edge.data.dataset import MAIN_HEAD, Clip, ClipSet
from datar_edge.data.sounds_by_name import SoundsByName
from datar_edge.data.tables import Row, seconds, table_rows
from datar_edge.errors import DataError

CLASSES_FILE = "classes.txt"
"""Beside the tables: a class a line, instead of the list below."""

CLASSES = (
    *("blowing nose", "blowing out candles", "bowling", "chopping wood", "dribbling basketball"),
    *("laughing", "mowing lawn", "playing accordion", "playing bagpipes", "playing bass guitar"),
    *("playing clarinet", "playing drums", "playing guitar", "playing harmonica"),
    *("playing keyboard", "playing organ", "playing piano", "playing saxophone"),
    *("playing trombone", "playing trumpet", "playing violin", "playing xylophone"),
    *("ripping paper", "shoveling snow", "shuffling cards", "singing", "stomping grapes"),
    *("tap dancing", "tapping guitar", "tapping pen", "tickling"),
)
"""The 31 classes in use since Kinetics-400; the paper of 2017 named 34 of an earlier release."""

_COLUMNS = ("label", "youtube_id", "time_start", "time_end", "split")
_ATTRIBUTION = (
    "R. Arandjelović, A. Zisserman, Look, Listen and Learn, ICCV 2017; W. Kay et al., The Kinetics"
    " Human Action Video Dataset, 2017"
)


def read_kinetics_sounds(root: Path) -> ClipSet:
    """The clips whose sound lies below `root`, as `ID_START_END.wav` in six digits, or `ID.wav`.

    Folds are the splits as the tables name them, such as "train", "val" and "test".

    Raises:
        DataError: tables or all sound are missing, or a row is not as it should be.
    """
    sounds = SoundsByName(root)
    classes = _classes(root)
    clips: dict[str, Clip] = {}
    left_out: list[str] = []
    for row in _rows(root):
        where, values = row
        if values["label"] not in classes:
            continue
        video = values["youtube_id"]
        start_s, end_s = seconds(row, "time_start"), seconds(row, "time_end")
        name = f"{video}_{round(start_s):06d}_{round(end_s):06d}"
        path = sounds.find((name, video))
        if path is None:
            left_out.append(f"{where}: there is no sound {name}")
        elif name in clips:
            left_out.append(f"{where}: {name} stands in a table before")
        else:
            clips[name] = Clip(
                path=path, targets={MAIN_HEAD: values["label"]}, fold=values["split"]
            )
    return ClipSet(
        name="Kinetics-Sounds",
        heads={MAIN_HEAD: classes},
        clips=tuple(clips.values()),
        licence="CC BY 4.0 for the tables; the videos are their makers'",
        attribution=_ATTRIBUTION,
        left_out=tuple(left_out),
    )


def _rows(root: Path) -> list[Row]:
    tables = sorted(root.glob("*.csv"))
    if not tables:
        raise DataError(
            f"{root} holds no .csv file", fix="Put Kinetics' own tables into it, such as train.csv."
        )
    return [row for table in tables for row in table_rows(table, _COLUMNS)]


def _classes(root: Path) -> tuple[str, ...]:
    path = root / CLASSES_FILE
    if not path.is_file():
        return CLASSES
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return _unique([line for line in lines if line], path)


def _unique(names: Sequence[str], path: Path) -> tuple[str, ...]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if not names or twice is not None:
        problem = "names no class" if not names else f"names the class {twice!r} twice"
        raise DataError(f"{path} {problem}", fix="Write each class once, one a line.")
    return tuple(names)
