"""A set in two parts: what is learnt from, and what is measured on."""

from __future__ import annotations

from collections.abc import Collection

from datar_edge.data.dataset import ClipSet, Fold
from datar_edge.errors import DataError


def split(
    whole: ClipSet,
    *,
    folds: Collection[Fold] = (),
    val_folds: Collection[Fold] = (),
    limit: int | None = None,
) -> tuple[ClipSet, ClipSet | None]:
    """Clips to learn from and clips to measure on, which share none.

    Args:
        whole: the data set.
        folds: to learn from; none given takes all but `val_folds`.
        val_folds: to measure on; none given measures on nothing.
        limit: takes so many of each part; None takes all.

    Raises:
        DataError: a fold has no clip, none is left to learn from, or a set that has no folds of
            its own holds a label with too few recordings to be in both parts.
    """
    if not val_folds:
        return whole.select(folds, limit), None
    folded = whole.in_folds()
    measured = folded.select(val_folds, limit)
    others = folds or [fold for fold in folded.folds if fold not in val_folds]
    if not whole.folds:
        _check_labels(folded, others, val_folds)
    if not others:
        raise DataError(
            f"the folds to measure on leave none of {whole.name} to learn from",
            fix=f"It has the folds {', '.join(map(str, folded.folds))}: measure on fewer.",
        )
    return folded.select(others, limit), measured


def _check_labels(dealt: ClipSet, folds: Collection[Fold], val_folds: Collection[Fold]) -> None:
    """Each label must be on both sides: what is not measured is not known to work."""
    head = next(iter(dealt.heads))
    for label, counts in dealt.counts(head).items():
        sides = {"learn from": folds, "measure on": val_folds}
        empty = next((n for n, side in sides.items() if not any(counts[f] for f in side)), None)
        if empty is None:
            continue
        clips = [clip for clip in dealt.clips if clip.targets[head] == label]
        recordings = len({clip.group or clip.path for clip in clips})
        raise DataError(
            f"the label {label!r} of {dealt.name} has {len(clips)} clips of {recordings} "
            f"recordings, which leaves none to {empty}",
            fix="It needs 2 recordings or more, one of them to measure on (fold 5); clips in one "
            "subfolder count as one recording. Or train without --val-folds.",
        )
