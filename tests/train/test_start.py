"""Weights of a checkpoint as the start of another run."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from datar_edge.bundled import bundled_checkpoint
from datar_edge.errors import ModelFileError
from datar_edge.models import Checkpoint, build, save_checkpoint
from datar_edge.train.start import open_start, take_weights

HEADS = {"verb": ("take", "open"), "noun": ("door", "pan", "lid")}
SIZES = {head: len(labels) for head, labels in HEADS.items()}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("start") / "model.safetensors"
    save_checkpoint(path, Checkpoint(model=build("datar-micro", heads=SIZES), heads=HEADS))
    return path


def test_heads_with_the_same_labels_are_kept_wherever_they_stand(checkpoint: Path) -> None:
    heads = {"noun": HEADS["noun"], "verb": ("take", "close", "cut")}
    torch.manual_seed(2)
    model = build("datar-micro", heads={head: len(labels) for head, labels in heads.items()})
    before = model.heads[1].weight.clone()
    told = take_weights(model, open_start(checkpoint), heads=heads)
    assert told.endswith("heads kept: noun")
    torch.manual_seed(1)
    source = build("datar-micro", heads=SIZES)
    assert torch.equal(model.heads[0].weight, source.heads[1].weight)
    assert torch.equal(model.heads[1].weight, before)
    assert torch.equal(model.stages[3][1].mlp.expand.weight, source.stages[3][1].mlp.expand.weight)


def test_another_model_is_refused(checkpoint: Path) -> None:
    with pytest.raises(ModelFileError, match="does not fit the model to train: special is missing"):
        take_weights(build("ast-base", heads=SIZES), open_start(checkpoint), heads=HEADS)


def test_the_one_that_ships_needs_no_path() -> None:
    start = open_start("bundled")
    assert (start.name, start.path) == ("bundled", bundled_checkpoint())
    assert start.knows_sound
    assert start.provenance()["start_data"] == "ESC-10"
    assert start.provenance()["start_data_licence"] == "CC BY 3.0"
    assert "Piczak" in start.provenance()["start_data_attribution"]


def test_weights_that_know_no_sound_bring_no_normalisation(checkpoint: Path) -> None:
    assert not open_start(checkpoint).knows_sound


def test_a_start_that_is_not_there_is_told_of_the_one_that_ships(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"no checkpoint at .*/bundle\. .* ships: bundled"):
        open_start(str(tmp_path / "bundle"))
