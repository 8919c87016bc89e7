"""A real, small run: it learns, resumes to the same end, and refuses what would lose work."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from datar_edge.data.readers import open_dataset
from datar_edge.data.spectrograms import load_spectrograms
from datar_edge.errors import ConfigError
from datar_edge.models import build, load_checkpoint
from datar_edge.train.config import TrainConfig
from datar_edge.train.loaders import StepSampler, WindowSampler
from datar_edge.train.optimizer import parameter_groups, warmup_cosine
from datar_edge.train.placement import Placement
from datar_edge.train.run import train

RATE_HZ = 16_000
CONFIG = TrainConfig(epochs=3, batch_size=4, val_every=3, seed=5)


class StoppedError(Exception):
    """Stands for a kill in the middle of a run."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two labels that an ear tells apart: a low hum and hiss."""
    root = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(1)
    time = np.arange(3 * RATE_HZ) / RATE_HZ
    for label in ("hiss", "hum"):
        (root / label).mkdir()
        for index in range(4):
            hum = 0.3 * np.sin(2 * np.pi * (100 + 20 * index) * time)
            sound = hum if label == "hum" else rng.normal(0.0, 0.1, len(time))
            soundfile.write(root / label / f"{index}.wav", sound, RATE_HZ)
    return root


@pytest.fixture(scope="module")
def finished(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    clips = open_dataset(f"folder:{folder}")
    output = tmp_path_factory.mktemp("run") / "whole"
    result = train(CONFIG, train_clips=clips, val_clips=clips, output=output)
    assert result.epochs == 3
    assert set(result.metrics) == {"class_top1", "class_top5"}
    return output


def test_the_run_leaves_what_it_says(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} >= {
        "config.json",
        "checkpoints",
        "metrics",
        "model.safetensors",
    }
    assert not (finished / "left-out.txt").exists()
    assert not (finished / "spectrograms").exists()  # needed no more
    assert TrainConfig.from_json((finished / "config.json").read_text()) == CONFIG


def test_normalisation_is_that_of_the_clips(finished: Path, folder: Path) -> None:
    checkpoint = load_checkpoint(finished / "model.safetensors")
    clips = load_spectrograms(open_dataset(f"folder:{folder}"), checkpoint.config.fbank)
    log_mels = [clips.log_mel(index).ravel() for index in range(len(clips.clips))]
    values = np.concatenate(log_mels).astype(np.float64)
    assert checkpoint.model.feature_mean.item() == pytest.approx(values.mean(), abs=1e-3)
    assert checkpoint.model.feature_std.item() == pytest.approx(values.std(), abs=1e-3)
    assert checkpoint.heads == {"class": ("hiss", "hum")}


def test_a_stopped_run_resumes_to_the_same_end(
    finished: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = open_dataset(f"folder:{folder}")

    def stop_in_the_third_epoch(self: object) -> None:
        if getattr(self, "current_epoch", 0) == 2:
            raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(
            "datar_edge.train.module.DatarModule.on_train_epoch_start", stop_in_the_third_epoch
        )
        with pytest.raises(StoppedError):
            train(CONFIG, train_clips=clips, val_clips=clips, output=tmp_path / "run")
    assert not (tmp_path / "run" / "model.safetensors").exists()
    train(CONFIG, train_clips=clips, val_clips=clips, output=tmp_path / "run", resume=True)
    whole = load_checkpoint(finished / "model.safetensors").model.state_dict()
    resumed = load_checkpoint(tmp_path / "run" / "model.safetensors").model.state_dict()
    assert [name for name in whole if not torch.equal(whole[name], resumed[name])] == []


def test_a_run_stopped_behind_its_last_epoch_resumes_to_the_same_end(
    finished: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a kill while batch-norm's statistics are taken: no step is left to train."""
    clips = open_dataset(f"folder:{folder}")

    def stop(*_: object) -> None:
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr("datar_edge.train.run.reestimate_batch_norm", stop)
        with pytest.raises(StoppedError):
            train(CONFIG, train_clips=clips, val_clips=clips, output=tmp_path / "run")
    train(CONFIG, train_clips=clips, val_clips=clips, output=tmp_path / "run", resume=True)
    whole = load_checkpoint(finished / "model.safetensors").model.state_dict()
    resumed = load_checkpoint(tmp_path / "run" / "model.safetensors").model.state_dict()
    assert [name for name in whole if not torch.equal(whole[name], resumed[name])] == []


def test_a_run_that_learns_nothing_any_more_stops_and_keeps_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverged(logits: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return logits.sum() * float("nan")

    monkeypatch.setattr("datar_edge.train.module.F.cross_entropy", diverged)
    clips = open_dataset(f"folder:{folder}")
    with pytest.raises(ConfigError, match=r"the loss is nan in epoch 1, with a learning rate of 0"):
        train(CONFIG, train_clips=clips, val_clips=None, output=tmp_path / "run")
    assert not (tmp_path / "run" / "checkpoints" / "last.ckpt").exists()


def test_a_folder_with_a_run_is_not_overwritten(finished: Path, folder: Path) -> None:
    clips = open_dataset(f"folder:{folder}")
    with pytest.raises(ConfigError, match="holds a run already"):
        train(CONFIG, train_clips=clips, val_clips=None, output=finished)


def test_resume_wants_the_same_options(finished: Path, folder: Path) -> None:
    clips = open_dataset(f"folder:{folder}")
    other = dataclasses.replace(CONFIG, epochs=9)
    with pytest.raises(ConfigError, match="differs from the options given"):
        train(other, train_clips=clips, val_clips=None, output=finished, resume=True)


def test_resume_wants_a_run(folder: Path, tmp_path: Path) -> None:
    clips = open_dataset(f"folder:{folder}")
    with pytest.raises(ConfigError, match="holds no run to resume"):
        train(CONFIG, train_clips=clips, val_clips=None, output=tmp_path, resume=True)


def test_a_run_stopped_before_its_first_checkpoint_starts_again(
    folder: Path, tmp_path: Path
) -> None:
    clips = open_dataset(f"folder:{folder}")
    config = dataclasses.replace(CONFIG, epochs=1, data=f"folder:{folder}")
    (tmp_path / "config.json").write_text(config.to_json())
    result = train(config, train_clips=clips, val_clips=None, output=tmp_path, resume=True)
    provenance = load_checkpoint(result.checkpoint).provenance
    assert '"data": "folder"' in provenance["recipe"]  # and not where it lay
    assert not [key for key, value in provenance.items() if str(folder) in value]


def test_folds_may_not_be_shared() -> None:
    with pytest.raises(ConfigError, match="fold 4 is in folds and in val_folds"):
        TrainConfig(folds=(3, 4), val_folds=(4,))


def test_the_schedule_rises_and_falls() -> None:
    factors = [warmup_cosine(step, warmup_steps=5, total_steps=105) for step in range(106)]
    assert factors[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert factors[55] == pytest.approx(0.5)
    assert factors[-1] == pytest.approx(0.0)
    assert all(a >= b for a, b in itertools.pairwise(factors[5:]))


def test_what_is_frozen_at_first_warms_up_later() -> None:
    factors = [
        warmup_cosine(step, warmup_steps=5, total_steps=105, first_step=20) for step in range(106)
    ]
    assert factors[:20] == [0.0] * 20
    assert factors[20:25] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert factors[65] == pytest.approx(0.5)
    assert factors[-1] == pytest.approx(0.0)


def test_only_matrices_decay() -> None:
    model = build("datar-micro", heads={"class": 2})
    groups = parameter_groups(model, weight_decay=0.05, learning_rate=1e-3)
    assert [group["weight_decay"] for group in groups] in ([0.05, 0.0], [0.0, 0.05])
    decayed, plain = sorted(groups, key=lambda group: -group["weight_decay"])
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert all(names[id(p)].endswith("weight") for p in decayed["params"])
    assert any(names[id(p)].endswith("bias_table") for p in plain["params"])
    assert len(decayed["params"]) + len(plain["params"]) == len(names)


@pytest.mark.parametrize("preset", ["datar-micro", "ast-base"])
def test_the_rate_falls_from_the_heads_to_the_stem(preset: str) -> None:
    model = build(preset, heads={"class": 2})
    groups = parameter_groups(model, weight_decay=0.0, learning_rate=1.0, layer_decay=0.5)
    rates = {id(p): group["lr"] for group in groups for p in group["params"]}
    by_name = {name: rates[id(p)] for name, p in model.named_parameters()}
    layers = {"datar-micro": 13, "ast-base": 12}[preset]  # of micro's, 3 make the map smaller
    assert by_name["heads.0.weight"] == 1.0
    assert min(by_name.values()) == 0.5 ** (layers + 1)
    last = {
        "datar-micro": "stages.3.2.mlp.expand.weight",
        "ast-base": "blocks.11.mlp.expand.weight",
    }
    assert by_name[last[preset]] == 0.5


def _keys(epoch: int, process: int = 0, **placement: int) -> list[int]:
    sampler = StepSampler(
        [np.arange(21)], seed=3, batch_size=8, placement=Placement(**placement), process=process
    )
    sampler.set_epoch(epoch)
    assert {(key.epoch, key.draw) for key in sampler} == {(epoch, 0)}
    keys = [key.index for key in sampler]
    assert len(keys) == len(sampler)
    return keys


def test_every_epoch_has_whole_steps_in_its_own_order() -> None:
    first, second = _keys(0), _keys(1)
    assert len(set(first)) == len(first) == 16
    assert first != second


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    """As it did in releases before: numpy's own permutation."""
    assert _keys(4) == np.random.default_rng((3, 4)).permutation(21)[:16].tolist()


def test_a_small_set_is_gone_through_several_times() -> None:
    sampler = StepSampler([np.arange(5)], seed=3, batch_size=4, placement=Placement(), min_steps=4)
    keys = list(sampler)
    assert len(keys) == len(set(keys)) == len(sampler) == 16  # no example comes twice
    assert [sorted(k.index for k in keys[start : start + 5]) for start in (0, 5, 10)] == [
        [0, 1, 2, 3, 4]
    ] * 3


@pytest.mark.parametrize("processes", [1, 2])
def test_balanced_draws_each_label_equally_often(processes: int) -> None:
    groups = [np.arange(40), np.arange(40, 43), np.arange(43, 44)]
    drawn = []
    for process in range(processes):
        sampler = StepSampler(
            groups,
            seed=3,
            batch_size=6,
            placement=Placement(devices=processes),
            process=process,
            min_steps=11,
        )
        sampler.set_epoch(2)
        drawn += list(sampler)
    assert len(set(drawn)) == 66
    counts = [sum(key.index in group for key in drawn) for group in groups]
    assert sum(counts) == 66
    assert max(counts) == min(counts) == 22
    assert {key.index for key in drawn if key.index >= 40} == {40, 41, 42, 43}


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_step_has_the_same_examples_on_any_number_of_processes(accumulate: int) -> None:
    alone = np.array(_keys(4)).reshape(2, 8)
    shared = [
        np.array(_keys(4, process, devices=2, accumulate=accumulate)).reshape(2, 4)
        for process in (0, 1)
    ]
    together = np.concatenate(shared, axis=1)
    assert np.array_equal(np.sort(together, axis=1), np.sort(alone, axis=1))


def test_a_batch_that_cannot_be_shared_out_is_told() -> None:
    with pytest.raises(ConfigError, match=r"batch size 8 .* 3 processes .* Take 6 or 9"):
        Placement(devices=3).part_of(8)
    with pytest.raises(ConfigError, match="precision is 'int4'"):
        Placement(precision="int4")  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "processes"), [(10, 3), (1, 4), (9, 1)])
def test_every_window_is_measured_once(size: int, processes: int) -> None:
    shares = [
        list(WindowSampler(size, processes=processes, process=number))
        for number in range(processes)
    ]
    assert len({len(share) for share in shares}) == 1
    assert sorted(i for share in shares for i in share if i >= 0) == list(range(size))
