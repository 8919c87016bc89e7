"""Heads first, then all; negatives; the start's own normalisation and data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from datar_edge.bundled import bundled_checkpoint
from datar_edge.data.dataset import ClipSet
from datar_edge.data.readers import open_dataset
from datar_edge.data.split import split
from datar_edge.errors import ConfigError, DataError
from datar_edge.models import load_checkpoint
from datar_edge.train.body import set_body_frozen
from datar_edge.train.config import TrainConfig
from datar_edge.train.module import DatarModule
from datar_edge.train.placement import Placement
from datar_edge.train.run import TrainResult, train
from datar_edge.train.trainer import make_trainer

RATE_HZ = 16_000
CONFIG = TrainConfig(
    start="bundled", epochs=4, head_epochs=2, batch_size=4, val_every=4, seed=5, balanced=True
)


class StoppedError(Exception):
    """Stands for a kill in the middle of a run."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two labels, unbalanced, and what is neither, in a folder beside them."""
    root = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(1)
    times = np.arange(2 * RATE_HZ) / RATE_HZ
    for label, count in {"set/hiss": 2, "set/hum": 5, "others": 6}.items():
        (root / label).mkdir(parents=True)
        for index in range(count):
            hum = 0.3 * np.sin(2 * np.pi * (100 + 20 * index) * times)
            clicks = np.zeros(len(times))
            clicks[:: 1_500 + 200 * index] = 0.5
            sounds = {
                "set/hum": hum,
                "set/hiss": rng.normal(0.0, 0.1, len(times)),
                "others": clicks,
            }
            soundfile.write(root / label / f"{index}.wav", sounds[label], RATE_HZ)
    return root


@pytest.fixture(scope="module")
def sides(folder: Path) -> tuple[ClipSet, ClipSet]:
    learnt, measured = split(open_dataset(f"folder:{folder / 'set'}"), val_folds=[5])
    assert measured is not None
    return learnt, measured


Run = Callable[..., TrainResult]


@pytest.fixture(scope="module")
def fine_tune(sides: tuple[ClipSet, ClipSet]) -> Run:
    def run(output: Path, *, resume: bool = False, **changes: object) -> TrainResult:
        config = dataclasses.replace(CONFIG, **changes)  # type: ignore[arg-type]
        return train(
            config,
            train_clips=sides[0],
            val_clips=sides[1],
            output=output,
            start="bundled",
            resume=resume,
        )

    return run


@pytest.fixture(scope="module")
def whole(fine_tune: Run, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    output = tmp_path_factory.mktemp("runs") / "whole"
    return fine_tune(output, negatives=str(folder / "others"))


def _body(checkpoint: Path) -> dict[str, Tensor]:
    state = load_checkpoint(checkpoint).model.state_dict()
    return {name: tensor for name, tensor in state.items() if not name.startswith("heads.")}


def _changed(first: Path, second: Path) -> list[str]:
    before, after = _body(first), _body(second)
    assert before.keys() == after.keys()
    return [name for name in before if not torch.equal(before[name], after[name])]


def test_heads_alone_leave_the_body_to_the_last_bit(fine_tune: Run, tmp_path: Path) -> None:
    result = fine_tune(tmp_path / "run", epochs=2, head_epochs=2)
    assert _changed(bundled_checkpoint(), result.checkpoint) == []
    heads = load_checkpoint(result.checkpoint).model.heads[0]
    assert isinstance(heads, torch.nn.Linear)
    assert heads.bias.abs().max() > 0.0  # which began as zero


def test_then_all_of_it_learns_but_the_normalisation(whole: TrainResult) -> None:
    changed = set(_changed(bundled_checkpoint(), whole.checkpoint))
    kept = _body(bundled_checkpoint()).keys() - changed
    assert {"feature_mean", "feature_std"} <= kept
    assert any(name.endswith("running_mean") for name in changed)
    # What learns nothing has no gradient: a bias in front of a norm, a mask that is not used.
    assert len(changed) > 0.9 * (len(changed) + len(kept))


def test_the_body_of_the_first_epochs_computes_as_in_use() -> None:
    model = load_checkpoint(bundled_checkpoint()).model.train()
    sound = torch.randn(3, 254, 64, generator=torch.Generator().manual_seed(1)) * 3.0 - 7.0
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    set_body_frozen(model, frozen=True)
    with torch.no_grad():
        first, second = model.pooled(sound), model.pooled(sound)
        assert torch.equal(first, second)  # no drop-path
        assert all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())
        assert torch.equal(first, model.eval().pooled(sound))
    set_body_frozen(model, frozen=True)
    learning = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert learning == ["heads.0.weight", "heads.0.bias"]
    set_body_frozen(model, frozen=False)
    model(sound)
    moved = [n for n, buffer in model.named_buffers() if not torch.equal(buffer, before[n])]
    assert any(name.endswith("running_mean") for name in moved)
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("stopped_in", [1, 2, 3])
def test_a_run_resumes_exactly_before_at_and_after_the_boundary(
    whole: TrainResult,
    fine_tune: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stopped_in: int,
) -> None:
    negatives = TrainConfig.from_json(
        (whole.checkpoint.parent / "config.json").read_text()
    ).negatives
    begin = DatarModule.on_train_epoch_start

    def stop(self: DatarModule) -> None:
        if self.current_epoch == stopped_in:
            raise StoppedError
        begin(self)

    with monkeypatch.context() as patch:
        patch.setattr(DatarModule, "on_train_epoch_start", stop)
        with pytest.raises(StoppedError):
            fine_tune(tmp_path / "run", negatives=negatives)
    result = fine_tune(tmp_path / "run", negatives=negatives, resume=True)
    first, second = (load_checkpoint(each.checkpoint).model for each in (whole, result))
    again = second.state_dict()
    assert [n for n, t in first.state_dict().items() if not torch.equal(t, again[n])] == []
    assert result.metrics == whole.metrics


def test_the_checkpoint_tells_of_negatives_and_of_its_start(
    whole: TrainResult, folder: Path
) -> None:
    told = load_checkpoint(whole.checkpoint).provenance
    assert told["negatives"].startswith("5 clips of 'others' that are none of the labels")
    assert told["clips"] == "5"  # of 7: one of each label is measured on
    assert told["start"] == "bundled"
    assert told["start_data"] == "ESC-10"
    assert "Piczak" in told["start_data_attribution"]
    assert not [key for key, value in told.items() if str(folder) in value]
    assert set(whole.metrics) == {"class_top1", "class_top5", "class_quiet"}
    assert "class_quiet" in told["validation"]


def test_one_label_and_negatives_are_told_what_to_do(
    sides: tuple[ClipSet, ClipSet], folder: Path, tmp_path: Path
) -> None:
    learnt = sides[0]
    alone = dataclasses.replace(
        learnt,
        heads={"class": ("hum",)},
        clips=tuple(clip for clip in learnt.clips if clip.targets["class"] == "hum"),
    )
    config = dataclasses.replace(CONFIG, negatives=str(folder / "others"))
    output = tmp_path / "run"
    with pytest.raises(DataError, match=r"label 'hum' alone, so its score is always 1\. Put"):
        train(config, train_clips=alone, val_clips=None, output=output, start="bundled")
    assert not output.exists()


def test_heads_first_wants_a_start_and_epochs_enough() -> None:
    with pytest.raises(ConfigError, match="head_epochs is 2 in a run from random weights"):
        TrainConfig(head_epochs=2)
    with pytest.raises(ConfigError, match=r"head_epochs is 5\. Allowed: 0 to epochs, 4"):
        dataclasses.replace(CONFIG, head_epochs=5)


def test_heads_first_is_not_for_shared_models(tmp_path: Path) -> None:
    placement = Placement(devices=2, strategy="fsdp")
    with pytest.raises(ConfigError, match=r"head_epochs is 2 with the strategy 'fsdp'"):
        make_trainer(CONFIG, placement, tmp_path, validates=False)
