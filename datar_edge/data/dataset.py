"""What a data set is to the rest of the project: labelled clips that lie in files.

`datar_edge.data.readers` opens a set by its name.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from datar_edge.errors import DataError

Fold: TypeAlias = int | str
"""A share of a set: a number in a cross-validation, else the name of a split, as "train"."""

MAIN_HEAD = "class"
"""The head's name in a set that has one label a clip."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """One labelled recording, or a part of one.

    Attributes:
        path: the sound file.
        targets: the label of each head; none at all for a negative, which has no label.
        fold: its share of the set; None where the set has no folds.
        start_s: where the clip starts in the file.
        duration_s: its length; None is to the end of the file.
        group: what it shares with clips of the same source, which must not be parted; None where
            it is alone.
    """

    path: Path
    targets: Mapping[str, str]
    fold: Fold | None = None
    start_s: float = 0.0
    duration_s: float | None = None
    group: Path | None = None


DEALT_FOLDS: tuple[int, ...] = (5, 4, 3, 2, 1)
"""Folds in the order in which clips are dealt out: two clips are enough for one in fold 5 and one
outside of it."""


def deal(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """Deals clips out into five folds in turn, those of one group into the same one.

    Args:
        clips: of one label.
    """
    groups = dict.fromkeys(clip.group or clip.path for clip in clips)
    turns = zip(groups, itertools.cycle(DEALT_FOLDS), strict=False)
    fold_of = dict(turns)
    return tuple(replace(clip, fold=fold_of[clip.group or clip.path]) for clip in clips)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipSet:
    """The clips of a data set, or a selection of them.

    Attributes:
        name: the data set's own name, such as "ESC-10".
        heads: every label of each head, in the order of the model's outputs.
        clips: the clips; `select` and `open_dataset` interleave them by label.
        licence: the terms of the recordings, "not stated" where the set does not say.
        attribution: whom to name, and how; may be empty.
        left_out: what the set lists and cannot be used, each with the reason.
    """

    name: str
    heads: Mapping[str, tuple[str, ...]]
    clips: tuple[Clip, ...]
    licence: str = "not stated"
    attribution: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def folds(self) -> tuple[Fold, ...]:
        """The folds that have clips, in order."""
        return tuple(sorted({clip.fold for clip in self.clips if clip.fold is not None}, key=str))

    def select(self, folds: Collection[Fold] = (), limit: int | None = None) -> ClipSet:
        """Some of the clips, with the labels of all.

        The clips are interleaved: the first one of each label of the first head comes first, in
        the labels' order, then the second of each. So a few clips cover as many labels as
        they can, and are the same ones every time.

        A set without folds of its own is dealt out into five when folds are asked for by number.

        Args:
            folds: keeps the clips of these; none given keeps all.
            limit: keeps the first of what is then left; None keeps all.

        Raises:
            DataError: a fold has no clip, or the limit is below 1.
        """
        if not self.folds and any(isinstance(fold, int) for fold in folds):
            return self.in_folds().select(folds, limit)
        for fold in folds:
            if fold not in self.folds:
                known = ", ".join(map(str, self.folds))
                raise DataError(
                    f"the data set {self.name} has no clip of fold {fold}",
                    fix=f"It has the folds {known}." if known else "It has no folds.",
                )
        if limit is not None and limit < 1:
            raise DataError(f"the limit of clips is {limit}", fix="Allowed: 1 or more.")
        kept = [clip for clip in self.clips if not folds or clip.fold in folds]
        return replace(self, clips=self._interleave(kept)[:limit])

    def in_folds(self) -> ClipSet:
        """The set as it is where it has folds; else each label's clips dealt out into five.

        Dealing depends on nothing but the clips and their order, so it is the same every time for
        the same files.
        """
        if self.folds:
            return self
        dealt = itertools.chain.from_iterable(map(deal, self._by_label(self.clips).values()))
        return replace(self, clips=self._interleave(list(dealt)))

    def _interleave(self, clips: Sequence[Clip]) -> tuple[Clip, ...]:
        rounds = itertools.zip_longest(*self._by_label(clips).values())
        return tuple(clip for turn in rounds for clip in turn if clip is not None)

    def _by_label(self, clips: Sequence[Clip]) -> dict[str, list[Clip]]:
        head, labels = next(iter(self.heads.items()))
        by_label: dict[str, list[Clip]] = {label: [] for label in labels}
        for clip in clips:
            by_label[clip.targets[head]].append(clip)
        return by_label

    def counts(self, head: str | None = None) -> dict[str, Counter[Fold | None]]:
        """Clips by label and fold, a label without clips included.

        Args:
            head: whose labels; None is the first.
        """
        head = head or next(iter(self.heads))
        counts: dict[str, Counter[Fold | None]] = {label: Counter() for label in self.heads[head]}
        for clip in self.clips:
            counts[clip.targets[head]][clip.fold] += 1
        return counts
