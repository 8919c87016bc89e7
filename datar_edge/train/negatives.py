"""Negatives among the clips of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from datar_edge.data.dataset import ClipSet
from datar_edge.data.negatives import read_negatives
from datar_edge.errors import DataError
from datar_edge.train.config import TrainConfig

_VAL_FOLD = 5


def with_negatives(
    config: TrainConfig, train_clips: ClipSet, val_clips: ClipSet | None
) -> tuple[ClipSet, ClipSet | None]:
    """Adds the run's negatives to the clips of both sides; of five recordings, one is measured on.

    Args:
        config: the run; it may have none.
        train_clips: what is learnt from.
        val_clips: what is measured on; None for nothing, all negatives being learnt from then.

    Raises:
        DataError: the folder is missing or holds no sound, or a head has one label only.
    """
    if not config.negatives:
        return train_clips, val_clips
    for head, labels in train_clips.heads.items():
        if len(labels) == 1:
            raise DataError(
                f"the head {head!r} has the label {labels[0]!r} alone, so its score is always 1",
                fix="Put the negatives into a label's folder of their own, such as 'other'.",
            )
    negatives = read_negatives(Path(config.negatives).expanduser())
    if val_clips is None:
        return replace(train_clips, clips=train_clips.clips + negatives), None
    held = tuple(clip for clip in negatives if clip.fold == _VAL_FOLD)
    learnt = tuple(clip for clip in negatives if clip.fold != _VAL_FOLD)
    return (
        replace(train_clips, clips=train_clips.clips + learnt),
        replace(val_clips, clips=val_clips.clips + held),
    )
