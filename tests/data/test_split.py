"""Two parts that share no clip, every label in both, or one line that says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.data.split import split
from datar_edge.errors import DataError


def pets(*, folds: bool = False, **counts: int) -> ClipSet:
    clips = tuple(
        Clip(
            path=Path(f"{label}/{index}.wav"),
            targets={"class": label},
            fold=index + 1 if folds else None,
        )
        for label, count in counts.items()
        for index in range(count)
    )
    return ClipSet(name="pets", heads={"class": tuple(counts)}, clips=clips)


@pytest.mark.parametrize("counts", [(2, 2), (2, 37), (5, 6), (11, 3)])
def test_each_label_is_on_both_sides_and_no_clip_is(counts: tuple[int, int]) -> None:
    whole = pets(cat=counts[0], dog=counts[1])
    learnt, measured = split(whole, val_folds=[5])
    assert measured is not None
    sides = [{clip.path for clip in side.clips} for side in (learnt, measured)]
    assert not sides[0] & sides[1]
    assert sides[0] | sides[1] == {clip.path for clip in whole.clips}
    for label, count in zip(("cat", "dog"), counts, strict=True):
        assert measured.counts()[label].total() == -(-count // 5)
        assert learnt.counts()[label].total() >= 1


def test_nothing_is_measured_without_folds_to_measure_on() -> None:
    whole = pets(cat=1, dog=1)
    learnt, measured = split(whole)
    assert measured is None
    assert len(learnt.clips) == 2
    assert learnt.folds == ()


def test_one_recording_of_a_label_is_too_few() -> None:
    with pytest.raises(
        DataError,
        match=r"label 'owl' of pets has 1 clips of 1 recordings, which leaves none to learn from\. "
        r"It needs 2 recordings or more",
    ):
        split(pets(cat=4, owl=1), val_folds=[5])


def test_pieces_of_one_recording_are_one() -> None:
    pieces = tuple(
        Clip(path=Path(f"owl/night/{n}.wav"), targets={"class": "owl"}, group=Path("owl/night"))
        for n in range(9)
    )
    whole = ClipSet(name="pets", heads={"class": ("owl",)}, clips=pieces)
    with pytest.raises(DataError, match="has 9 clips of 1 recordings"):
        split(whole, val_folds=[5])


def test_a_set_s_own_folds_are_taken_as_they_are() -> None:
    whole = pets(folds=True, cat=3, dog=1)
    learnt, measured = split(whole, val_folds=[3])
    assert (learnt.folds, measured and measured.folds) == ((1, 2), (3,))
    learnt, _ = split(whole, folds=[1], val_folds=[3])
    assert learnt.folds == (1,)
    with pytest.raises(DataError, match="leave none of pets to learn from"):
        split(whole, val_folds=[1, 2, 3])
