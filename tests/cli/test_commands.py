"""The commands as a person or a program calls them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.cli import main

Write = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


def call(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def called_without(*modules: str, arguments: list[object]) -> subprocess.CompletedProcess[str]:
    """Calls a command in a Python that cannot import these modules."""
    program = (
        "import sys\n"
        f"for name in {modules!r}:\n    sys.modules[name] = None\n"
        "from datar_edge.cli import main\nsys.exit(main())"
    )
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def assert_one_line_error(capture: Capture, told: str) -> None:
    captured = capture.readouterr()
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("error: ")
    assert told in lines[0]


def test_tag_as_json(real_sounds: list[Path], capsys: Capture) -> None:
    assert call("tag", *real_sounds, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert {item["file"] for item in document} == {str(path) for path in real_sounds}
    for item in document:
        assert item["start_s"] < item["end_s"]
        scores = [tag["score"] for tag in item["tags"]]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) <= 3


def test_tag_as_csv_into_a_file(real_sounds: list[Path], tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "tags.csv"
    assert call("tag", real_sounds[0].parent, "--csv", "--output", output) == 0
    rows = list(csv.DictReader(io.StringIO(output.read_text())))
    assert {row["file"] for row in rows} == {str(path) for path in real_sounds}
    assert list(tmp_path.iterdir()) == [output]
    capsys.readouterr()
    assert call("tag", real_sounds[0], "--output", output) == 2
    assert_one_line_error(capsys, "exists")
    assert call("tag", real_sounds[0], "--output", output, "--force") == 0


def test_tag_as_a_table(real_sounds: list[Path], capsys: Capture) -> None:
    assert call("tag", *real_sounds) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].split()[:3] == ["File", "Label", "Score"]
    assert all(str(path) in printed for path in real_sounds)


def test_tag_says_that_it_padded(write_sound: Write, capsys: Capture) -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.1, 8_000)
    assert call("tag", write_sound("a.wav", noise)) == 0
    captured = capsys.readouterr()
    assert "padded with silence to the model's window of 2.56 s" in captured.err
    assert "0.50" in captured.out


def test_a_broken_file_does_not_stop_the_others(
    real_sounds: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "bad.wav").write_text("no sound")
    assert call("tag", tmp_path / "bad.wav", *real_sounds, "--json") == 2
    captured = capsys.readouterr()
    assert {item["file"] for item in json.loads(captured.out)} == {str(p) for p in real_sounds}
    assert captured.err.count("error: ") == 1
    assert "bad.wav" in captured.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tag", "none.wav"], "none.wav does not exist"),
        (["tag", "{sound}", "--model", "none.tflite"], "none.tflite does not exist"),
        (["tag", "{sound}", "--model", "{sound}"], "is not a model file"),
        (["tag", "{sound}", "--model", "{checkpoint}"], "is a checkpoint"),
        (["tag", "{sound}", "--allow", "Dog barks"], "Did you mean Dog bark?"),
        (["tag", "{sound}", "--hop", "0"], "the hop is 0.0 s"),
        (["tag", "{sound}", "--threshold", "2"], "threshold is 2.0"),
        (["tag", "{sound}", "--json", "--csv"], "--json and --csv"),
        (["tag"], "Missing argument"),
        (["tag", "{sound}", "--nonsense"], "No such option"),
        (["listen", "--input", "none.wav"], "none.wav does not exist"),
        (["listen", "--fast"], "--fast is given without --input"),
        (["info", "none.tflite"], "none.tflite does not exist"),
        (["evaluate", "--data", "nonsense:x"], "unknown data set 'nonsense:x'"),
        (["evaluate", "--data", "esc:/none"], "/none does not exist"),
        (["train", "--data", "folder:/none", "--output", "run"], "/none does not exist"),
        (["export", "none.safetensors"], "there is no checkpoint at none.safetensors"),
        (["export", "--target", "coreml"], "unknown target 'coreml'"),
        (["dance"], "No such command"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_input_is_one_line(
    arguments: list[str],
    told: str,
    *,
    write_sound: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    sound = write_sound("a.wav", np.zeros(16_000))
    monkeypatch.chdir(tmp_path)
    filled = [part.format(sound=sound, checkpoint=bundled_checkpoint()) for part in arguments]
    before = sorted(tmp_path.rglob("*"))
    assert call(*filled) == 2
    assert_one_line_error(capsys, told)
    assert sorted(tmp_path.rglob("*")) == before  # nothing half written


def test_listen_gives_json_lines(real_sounds: list[Path], capsys: Capture) -> None:
    arguments = ["listen", "--input", real_sounds[-1], "--fast", "--json", "--scores"]
    assert call(*arguments, "--start-threshold", "0.2") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds[0] == kinds[-1] == "status"
    assert lines[-1]["state"] == "stopped"
    assert lines[-1]["windows"] == kinds.count("scores") >= 1
    starts = [line["id"] for line in lines if line["type"] == "event_start"]
    assert starts == sorted(line["id"] for line in lines if line["type"] == "event_end")
    assert starts


def test_info_tells_what_a_file_is(capsys: Capture) -> None:
    assert call("info", bundled_tflite(), "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["preset"] == "datar-micro"
    assert facts["input"] == {"kind": "waveform", "sample_rate_hz": 16_000, "samples": 40_960}
    assert len(facts["heads"]["class"]) == 10
    assert facts["size_bytes"] == bundled_tflite().stat().st_size
    assert 2.5e6 < facts["parameters"] < 3.5e6
    assert 100e6 < facts["macs"] < 200e6


@pytest.mark.parametrize("model", ["datar-micro", str(bundled_checkpoint())])
def test_info_tells_what_presets_and_checkpoints_are(model: str, capsys: Capture) -> None:
    assert call("info", model, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["preset"] == "datar-micro"
    assert facts["input"]["samples"] == 40_960
    assert len(facts["stages"]) == 4


def test_devices_without_portaudio() -> None:
    program = (
        "import ctypes.util, sys\n"
        "ctypes.util.find_library = lambda name: None\n"  # as sounddevice looks for PortAudio
        "import os; os.environ['PATH'] = ''\n"
        "from datar_edge.cli import main\nsys.exit(main(['devices']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: PortAudio, which microphones need, is not installed")
    assert len(done.stderr.splitlines()) == 1


def test_the_base_install_tags(real_sounds: list[Path]) -> None:
    heavy = ("torch", "lightning", "safetensors", "litert_torch", "mediapipe", "torchaudio")
    done = called_without(*heavy, arguments=["tag", real_sounds[0], "--json"])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("torch", ["train", "--data", "folder:.", "--output", "run"], "train"),
        ("lightning", ["train", "--data", "folder:.", "--output", "run"], "train"),
        ("torch", ["export"], "export"),
        ("litert_torch", ["export", "--output", "none/x.tflite"], "export"),
        ("torch", ["info", "datar-micro"], "train"),
        ("torch", ["evaluate", str(bundled_checkpoint()), "--data", "folder:."], "train"),
    ],
)
def test_a_missing_extra_is_told(
    missing: str, arguments: list[object], extra: str, tmp_path: Path
) -> None:
    (tmp_path / "label").mkdir()
    arguments = [str(a).replace("folder:.", f"folder:{tmp_path}") for a in arguments]
    arguments = [a.replace("none/", f"{tmp_path}/") for a in arguments]
    (tmp_path / "label" / "a.wav").touch()
    done = called_without(missing, arguments=arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert f"datar-edge[{extra}]" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("*.tflite"))


def test_help_of_every_command_ends_in_an_example(capsys: Capture) -> None:
    for command in ("tag", "listen", "devices", "info", "evaluate", "train", "export"):
        assert call(command, "--help") == 0
        assert f"Example: datar-edge {command}" in " ".join(capsys.readouterr().out.split())
