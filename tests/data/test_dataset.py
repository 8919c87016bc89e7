from __future__ import annotations

from pathlib import Path

import pytest

from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.errors import DataError

CLIPS = ("cat 1", "cat 1", "cat 2", "cat 2", "cat 2", "dog 1", "dog 2", "owl 2")


def make_set(*clips: str) -> ClipSet:
    return ClipSet(
        name="pets",
        heads={"class": ("cat", "dog", "owl")},
        clips=tuple(
            Clip(path=Path(f"{number}.wav"), targets={"class": clip[:3]}, fold=int(clip[4:]))
            for number, clip in enumerate(clips)
        ),
    )


def names(clip_set: ClipSet) -> list[str]:
    return [f"{clip.targets['class']} {clip.fold}" for clip in clip_set.clips]


def test_clips_are_interleaved_by_label() -> None:
    selected = names(make_set(*CLIPS).select())
    assert selected[:3] == ["cat 1", "dog 1", "owl 2"]
    assert selected[3:] == ["cat 1", "dog 2", "cat 2", "cat 2", "cat 2"]


def test_a_small_limit_covers_all_labels_of_the_chosen_fold() -> None:
    selected = make_set(*CLIPS).select(folds=[2], limit=3)
    assert names(selected) == ["cat 2", "dog 2", "owl 2"]


def test_a_selection_keeps_labels_that_have_no_clip_left() -> None:
    selected = make_set(*CLIPS).select(folds=[1])
    assert names(selected) == ["cat 1", "dog 1", "cat 1"]
    assert selected.heads == {"class": ("cat", "dog", "owl")}
    assert selected.counts() == {"cat": {1: 2}, "dog": {1: 1}, "owl": {}}


def test_a_fold_without_clips_is_named_with_those_there_are() -> None:
    with pytest.raises(DataError, match=r"pets has no clip of fold 5\. It has the folds 1, 2\."):
        make_set(*CLIPS).select(folds=[1, 5])


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="limit of clips is 0"):
        make_set(*CLIPS).select(limit=0)


def test_counts_are_by_label_and_fold() -> None:
    counts = make_set(*CLIPS).counts()
    assert counts == {"cat": {1: 2, 2: 3}, "dog": {1: 1, 2: 1}, "owl": {2: 1}}
    assert list(counts) == ["cat", "dog", "owl"]


def test_several_heads_are_counted_each_on_its_own() -> None:
    clips = tuple(
        Clip(path=Path("take.wav"), targets={"verb": verb, "noun": noun})
        for verb, noun in (("cut", "onion"), ("cut", "bread"), ("wash", "onion"))
    )
    kitchen = ClipSet(
        name="kitchen", heads={"verb": ("cut", "wash"), "noun": ("bread", "onion")}, clips=clips
    )
    assert kitchen.counts("noun") == {"bread": {None: 1}, "onion": {None: 2}}
    assert kitchen.counts() == {"cut": {None: 2}, "wash": {None: 1}}
    assert kitchen.folds == ()


def test_a_set_without_folds_is_dealt_out_in_turn() -> None:
    clips = tuple(
        Clip(path=Path(f"{label}{number}.wav"), targets={"class": label})
        for label in ("cat", "dog")
        for number in range(7)
    )
    pets = ClipSet(name="pets", heads={"class": ("cat", "dog")}, clips=clips)
    dealt = pets.in_folds()
    assert dealt.in_folds() is dealt
    expected = {5: 2, 4: 2, 3: 1, 2: 1, 1: 1}
    assert dealt.counts() == {"cat": expected, "dog": expected}
    assert [clip.path.name for clip in pets.select(folds=[5]).clips] == [
        "cat0.wav",
        "dog0.wav",
        "cat5.wav",
        "dog5.wav",
    ]
