"""`train` from the command line: from the model that ships, and what is wrong in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datar_edge.cli import main

QUICK = ["--epochs", "1", "--batch-size", "4", "--threads", "1"]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    for label, count in {"hiss": 3, "hum": 2}.items():
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(count):
            hum = 0.2 * np.sin(np.arange(16_000) * 0.05 * (number + 1))
            sound = hum if label == "hum" else rng.normal(0.0, 0.1, 16_000)
            soundfile.write(tmp_path / "set" / label / f"{number}.wav", sound, 16_000)
    (tmp_path / "others").mkdir()
    soundfile.write(tmp_path / "others" / "room.wav", rng.normal(0.0, 0.01, 16_000), 16_000)
    return tmp_path


def test_from_the_model_that_ships(recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, data = recordings / "run", f"folder:{recordings / 'set'}"
    command = ["train", "--data", data, "--from", "bundled", "--val-folds", "5", *QUICK]
    negatives = ["--negatives", str(recordings / "others")]
    assert main([*command, *negatives, "--output", str(output), "--no-cache"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in lines[:5]] == [
        ["train", "validate"],
        ["2", "1"],
        ["1", "1"],
        ["1", "0"],
        ["3", "2"],
    ]
    config = json.loads((output / "config.json").read_text())
    chosen = ("start", "preset", "balanced", "head_epochs", "folds", "val_folds", "min_steps")
    assert [config[name] for name in chosen] == [
        *("bundled", "datar-micro", True, 0, [3, 4], [5]),
        10,
    ]
    assert main([*command, *negatives, "--output", str(output), "--resume", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["epochs"] == 1


def test_as_another_run_was_trained(recordings: Path) -> None:
    data = ["train", "--data", f"folder:{recordings / 'set'}", "--no-cache"]
    recipe = recordings / "recipe.json"
    recipe.write_text('{"epochs": 1, "min_steps": 2, "augment": {"mix_p": 0.9}, "dropout": 0.3}')
    first = [*data, "--recipe", str(recipe), "--batch-size", "4", "--threads", "1", "--seed", "5"]
    assert main([*first, "--output", str(recordings / "first")]) == 0
    told = json.loads((recordings / "first" / "config.json").read_text())
    assert (told["epochs"], told["min_steps"], told["augment"]["mix_p"]) == (1, 2, 0.9)
    assert (told["dropout"], told["batch_size"], told["augment"]["masks"]) == (0.3, 4, 2)
    second = [*data, "--recipe", str(recordings / "first" / "config.json"), "--threads", "1"]
    assert main([*second, "--output", str(recordings / "second"), "--limit", "4"]) == 0
    again = json.loads((recordings / "second" / "config.json").read_text())
    what = ("data", "limit", "seed")
    assert [again.pop(name) for name in what] == [told["data"], 4, 1]
    assert again == {name: value for name, value in told.items() if name not in what}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "recipe.json is no JSON: Expecting value"),
        ("[]", 'recipe.json holds no recipe. Give it fields: {"epochs": 60}.'),
        ('{"epoch": 3}', "recipe.json sets 'epoch', which no recipe has. Known: preset,"),
        ('{"epochs": "3"}', "recipe.json sets epochs to '3'. As an example: 120."),
        ('{"epochs": 0}', "epochs is 0. Allowed: 1 or more."),
        ('{"balanced": 1}', "recipe.json sets balanced to 1. As an example: False."),
        ('{"betas": [0.9, "x"]}', "sets betas to [0.9, 'x']. As an example: (0.9, 0.98)."),
        ('{"betas": [0.9]}', "sets betas to [0.9]. As an example: (0.9, 0.98)."),
        ('{"augment": 3}', "recipe.json sets augment to 3"),
        ('{"augment": {"mix": 1}}', "recipe.json sets 'mix', which no recipe has"),
        ('{"augment": {"mix_p": 2.0}}', "augment.mix_p is 2.0. Allowed: 0 to 1."),
        ('{"augment": {"masks": -1}}', "augment.masks is -1. Allowed: 0 or more."),
        ('{"label_smoothing": 5}', "label_smoothing is 5. Allowed: 0 to 1, without 1."),
        ('{"ema_decay": NaN}', "ema_decay is nan. Allowed: 0 to 1, without 1."),
        ('{"betas": [0.9, 1.5]}', "betas is (0.9, 1.5). Allowed: 0 to 1, without 1."),
        ('{"gradient_clip": 0}', "gradient_clip is 0. Allowed: above 0."),
        ('{"warmup_epochs": -1}', "warmup_epochs is -1. Allowed: 0 or more."),
        ('{"dropout": 7}', "dropout is 7"),
        (None, "cannot be read: No such file or directory. Check the path."),
    ],
)
def test_a_wrong_recipe_is_one_line(
    recordings: Path, capsys: pytest.CaptureFixture[str], written: str | None, message: str
) -> None:
    recipe, output = recordings / "recipe.json", recordings / "run"
    if written is not None:
        recipe.write_text(written)
    command = ["train", "--data", f"folder:{recordings / 'set'}", "--recipe", str(recipe)]
    assert main([*command, "--output", str(output)]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
    assert message in printed
    assert not output.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "nowhere.safetensors"], "no checkpoint at nowhere.safetensors. Check the path"),
        (["--from", "bundled", "--head-epochs", "99"], "head_epochs is 99. Allowed: 0 to epochs"),
        (["--head-epochs", "1"], "head_epochs is 1 in a run from random weights"),
        (["--from", "bundled", "--preset", "datar-tiny"], "It holds datar-micro; train that"),
        (["--negatives", "nowhere"], "the folder of negatives nowhere does not exist"),
        (["--negatives", "{}/empty"], "holds no sound"),
        (["--val-folds", "5", "--folds", "5"], "fold 5 is in folds and in val_folds"),
        (["--val-folds", "4,5"], "label 'hum' of set has 2 clips of 2 recordings"),
        (["--val-folds", "1"], "set has no clip of fold 1. It has the folds 3, 4, 5."),
        (["--cache", "x", "--no-cache"], "Give --cache or --no-cache, not both"),
        (["--cache", "{}/others/room.wav"], "room.wav is no folder"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(
    recordings: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (recordings / "empty").mkdir()
    output = recordings / "run"
    given = [each.format(recordings) for each in arguments]
    command = ["train", "--data", f"folder:{recordings / 'set'}", "--output", str(output)]
    assert main([*command, *given]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert not output.exists()


def test_force_clears_a_run_once_the_new_one_is_in_order(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = recordings / "run"
    command = ["train", "--data", f"folder:{recordings / 'set'}", *QUICK, "--output", str(output)]
    assert main([*command, "--force"]) == 0
    (output / "of-the-first").touch()
    assert main(command) == 2
    assert "holds a run already" in capsys.readouterr().err
    misfit = ["--from", "bundled", "--preset", "datar-tiny", "--force"]
    assert main([*command, *misfit]) == 2
    assert (output / "model.safetensors").exists()
    assert main([*command, "--force", "--seed", "2"]) == 0
    assert not (output / "of-the-first").exists()
    assert json.loads((output / "config.json").read_text())["seed"] == 2


def test_force_clears_nothing_but_a_run(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--data", f"folder:{recordings / 'set'}", *QUICK, "--force"]
    assert main([*command, "--output", str(recordings / "others")]) == 2
    assert "is not the folder of a run, so --force does not clear it" in capsys.readouterr().err
    assert (recordings / "others" / "room.wav").exists()
