from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.report.evaluate import Accuracy, Evaluation, HeadAccuracy
from datar_edge.report.page.figures import accuracy_figures
from datar_edge.report.page.wilson import wilson_interval
from datar_edge.runtime import read_model_card

ONE = Accuracy(clips=3, top1=2 / 3, top5=1.0)
HEAD = HeadAccuracy(
    overall=ONE,
    per_class={"Rain": ONE},
    mean_average_precision=0.5,
    calibration_error=0.25,
    confusion=np.zeros((1, 1), np.int64),
)
RESULT = Evaluation(clips=3, all_right=2 / 3, heads={"class": HEAD}, skipped=("a", "b"))


def figures(data: str = "ESC-10", folds: str = "1,2", *, own: tuple[int, ...] = (2, 5)) -> object:
    clips = tuple(Clip(path=Path("x"), targets={"class": "Rain"}, fold=fold) for fold in own)
    clip_set = ClipSet(name="ESC-10", heads={"class": ("Rain",)}, clips=clips)
    provenance = {"data": data, "folds": folds}
    card = dataclasses.replace(read_model_card(), heads={"class": ("Rain",)}, provenance=provenance)
    return accuracy_figures(RESULT, clip_set, card, 1.0)


def test_counts_come_back_from_shares() -> None:
    head = figures()["heads"]["class"]  # type: ignore[index]
    assert (head["right"], head["clips"]) == (2, 3)
    assert head["per_class"]["Rain"]["top1_interval"] == list(wilson_interval(2, 3))


@pytest.mark.parametrize(
    ("data", "folds", "own", "told"),
    [
        ("ESC-10", "1,2", (2, 5), "fold 2"),
        ("ESC-10", "1,2,5", (2, 4, 5), "folds 2, 5"),
        ("ESC-10", "1,2,3,4", (5,), ""),
        ("ESC-10", "all", (5,), "all folds"),
        ("ESC-10", "15,25", (5,), ""),
        ("VGGSound", "1,2", (2, 5), ""),
    ],
)
def test_clips_that_the_model_was_trained_on_are_told(
    data: str, folds: str, own: tuple[int, ...], told: str
) -> None:
    assert figures(data, folds, own=own)["trained_on"] == told  # type: ignore[index]
