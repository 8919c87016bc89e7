"""VGGSound (Chen et al., 2020): `vggsound.csv` and the sound of its videos.

The table has no header: YouTube's id, the second at which the clip starts, the label, the split.
"""

from __future__ import annotations

from pathlib import Path

from datar_edge.data.dataset import MAIN_HEAD, Clip, ClipSet
from datar_edge.data.sounds_by_name import SoundsByName
from datar_edge.data.tables import table_rows, whole_number

TABLE = "vggsound.csv"
_COLUMNS = ("id", "start", "label", "split")
_ATTRIBUTION = (
    "H. Chen, W. Xie, A. Vedaldi, A. Zisserman, VGGSound: A Large-scale Audio-Visual Dataset,"
    " ICASSP 2020"
)


def read_vggsound(root: Path) -> ClipSet:
    """The clips whose sound lies below `root`, as `ID_START.wav`, the start in six digits or not.

    Folds are the splits, "train" and "test". Labels are all of the table's, by alphabet.

    Raises:
        DataError: the table or all sound is missing, or a row is not as it should be.
    """
    sounds = SoundsByName(root)
    clips: dict[tuple[str, int], Clip] = {}
    labels: set[str] = set()
    left_out: list[str] = []
    for row in table_rows(root / TABLE, _COLUMNS, header=_COLUMNS):
        where, values = row
        video, start_s, label = values["id"], whole_number(row, "start"), values["label"]
        labels.add(label)
        path = sounds.find((f"{video}_{start_s:06d}", f"{video}_{start_s}"))
        if path is None:
            left_out.append(f"{where}: there is no sound of {video} at {start_s} s")
        elif (video, start_s) in clips:
            left_out.append(f"{where}: {video} at {start_s} s stands in the table before")
        else:
            clips[video, start_s] = Clip(
                path=path, targets={MAIN_HEAD: label}, fold=values["split"]
            )
    return ClipSet(
        name="VGGSound",
        heads={MAIN_HEAD: tuple(sorted(labels))},
        clips=tuple(clips.values()),
        licence="CC BY 4.0 for the table; the videos are their makers'",
        attribution=_ATTRIBUTION,
        left_out=tuple(left_out),
    )
