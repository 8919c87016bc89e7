from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.cli import main
from datar_edge.models import Checkpoint, build, save_checkpoint

Capture = pytest.CaptureFixture[str]
Write = Callable[..., Path]


@pytest.fixture
def nano(nano_checkpoint: Callable[..., Path], tmp_path: Path) -> Path:
    """A checkpoint with one deformable layer, block 2 of stage 2."""
    return nano_checkpoint(tmp_path / "nano.safetensors")


def run(*arguments: object) -> int:
    return main(["explain", *map(str, arguments)])


def test_a_picture_of_a_real_sound(
    examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nano: Path, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # its state is everybody's
    assert run(examples / "rooster.ogg", "--model", nano) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == "rooster-explained.png"
    assert printed.err == ""
    pixels = np.asarray(Image.open("rooster-explained.png").convert("RGB"))
    assert pixels.shape[1] == 1290
    assert pixels.reshape(-1, 3).std() > 20.0  # something is drawn
    first = Path("rooster-explained.png").read_bytes()
    assert run(examples / "rooster.ogg", "--model", nano) == 2
    assert "--force" in capsys.readouterr().err
    assert run(examples / "rooster.ogg", "--model", nano, "--force") == 0
    assert Path("rooster-explained.png").read_bytes() == first  # the same, byte for byte
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "nano.safetensors",
        "rooster-explained.png",
    ]


def test_json_has_the_scores_and_events_of_tag(
    examples: Path, tmp_path: Path, capsys: Capture
) -> None:
    sound = examples / "rain.ogg"
    assert run(sound, "--stage", 4, "--dpi", 50, "--json", "--output", tmp_path / "a.png") == 0
    document = json.loads(capsys.readouterr().out)
    assert main(["tag", str(sound), "--windows", "--max-results", "10", "--json"]) == 0
    first, *_ = json.loads(capsys.readouterr().out)
    assert len(first["tags"]) == 10
    scores = dict(zip(document["labels"], document["windows"][0]["scores"], strict=True))
    for tag in first["tags"]:
        assert scores[tag["label"]] == pytest.approx(tag["score"], abs=1e-3)
    assert main(["tag", str(sound), "--events", "--csv"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert len(lines) == len(document["events"]) >= 1
    for line, event in zip(lines, document["events"], strict=True):
        _, start_s, end_s, label, _ = line.split(",")
        assert (label, float(start_s)) == (
            event["label"],
            pytest.approx(event["start_s"], abs=0.01),
        )
        assert float(end_s) == pytest.approx(event["end_s"], abs=0.01)
    attention = document["looked_into"]["attention"]
    assert [(each["stage"], each["block"], each["group"]) for each in attention] == [
        (4, 2, 1),
        (4, 2, 2),
    ]
    assert [each["heads"] for each in attention] == [[1, 2, 3, 4], [5, 6, 7, 8]]
    for group in attention:
        assert sum(point["weight"] for point in group["points"]) == pytest.approx(1.0, abs=1e-5)


def test_a_page_is_complete_in_itself(
    examples: Path, tmp_path: Path, nano: Path, capsys: Capture
) -> None:
    output = tmp_path / "a.html"
    assert run(examples / "dog.ogg", "--model", nano, "--html", "--output", output) == 0
    page = output.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert all(address.startswith("data:") for address in addresses)
    assert "<script" not in page
    assert "@import" not in page
    for title in ("Waveform of dog.ogg", "What the adaptor adds", "Attention of stage 2, block 2"):
        assert f"<h2>{title}</h2>" in page
    assert "averaged over all queries and over the heads" in page


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_vector_pictures(
    suffix: str, examples: Path, tmp_path: Path, nano: Path, capsys: Capture
) -> None:
    output = tmp_path / f"a.{suffix}"
    assert run(examples / "dog.ogg", "--model", nano, "--output", output) == 0
    head = output.read_bytes()[:600]
    assert b"%PDF" in head if suffix == "pdf" else b"<svg" in head


def test_compared_with_an_exported_file(examples: Path, tmp_path: Path, capsys: Capture) -> None:
    command = (examples / "dog.ogg", "--compare", bundled_tflite(), "--stage", 4, "--json")
    assert run(*command, "--output", tmp_path / "a.html") == 0
    compared = json.loads(capsys.readouterr().out)["compared"]
    most = compared["part_most"]
    assert most["same_best_label"] == 1.0
    assert 0.0 < abs(most["file_score"] - most["float_score"]) < 1e-4
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert f"What {bundled_tflite().name} gives, minus the float model" in page
    assert "They part most (frame) in the window from 0.00 to" in page


def test_ast_is_drawn_without_attention(examples: Path, tmp_path: Path, capsys: Capture) -> None:
    torch.manual_seed(2)
    model = build("ast-micro", heads={"class": 2}).eval()
    path = tmp_path / "ast.safetensors"
    save_checkpoint(path, Checkpoint(model=model, heads={"class": ("on", "off")}))
    assert run(examples / "dog.ogg", "--model", path, "--output", tmp_path / "a.html") == 0
    notes = capsys.readouterr().err.splitlines()
    assert notes == [
        "note: ast.safetensors has no deformable attention: its panels are left out",
        "note: ast.safetensors has no adaptor that adds anything: its panel is left out",
    ]
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Log-mel spectrogram of the window" in page
    assert "Attention of stage" not in page
    assert run(examples / "dog.ogg", "--model", path, "--stage", 1) == 2
    assert "stage 1 of the model has no deformable attention" in capsys.readouterr().err


def test_silence_is_drawn_and_told(
    tmp_path: Path, nano: Path, write_sound: Write, capsys: Capture
) -> None:
    sound = write_sound("$quiet$ 静.wav", np.zeros(20_000))
    assert run(sound, "--model", nano, "--output", tmp_path / "a.png") == 0
    printed = capsys.readouterr()
    assert "is silence, below -70 dBFS" in printed.err
    assert "events   none" in printed.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.wav"], "none.wav does not exist"),
        (["{nano}"], "is not a sound file"),
        (["{dog}", "--model", "none.safetensors"], "no checkpoint at none"),
        (["{dog}", "--model", "{tflite}"], "not a readable safetensors file"),
        (["{dog}", "--compare", "none.tflite"], "none.tflite does not exist"),
        (["{dog}", "--compare", "{nano}"], "is a checkpoint, which only PyTorch runs"),
        (["{dog}", "--compare", "{dog}"], "is not a model file"),
        (["{dog}", "--model", "{nano}", "--compare", "{tflite}"], "has other labels"),
        (["{dog}", "--compare", "{bare}"], "card"),
        (["{dog}", "--model", "{nano}", "--stage", "1"], "Stages that have: 2."),
        (["{dog}", "--model", "{nano}", "--from", "7"], "has no sound at 7 s"),
        (["{dog}", "--model", "{nano}", "--hop", "0"], "the hop is 0.0 s"),
        (["{dog}", "--model", "{nano}", "--head", "verb"], "no head 'verb'"),
        (["{dog}", "--model", "{nano}", "--start-threshold", "2"], "start_threshold is 2.0"),
        (["{dog}", "--per-layer"], "--per-layer is given without --compare"),
        (["{dog}", "--calibration", "x"], "--calibration is given without --per-layer"),
        (["{dog}", "--output", "a.gif"], "a.gif is no picture"),
        (["{dog}", "--html", "--output", "a.png"], "is no page"),
        ([], "Missing argument 'FILE'"),
    ],
)
def test_wrong_input_is_told_in_one_line(
    arguments: list[str],
    message: str,
    *,
    examples: Path,
    nano: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    bare = tmp_path / "bare.tflite"
    content = bundled_tflite().read_bytes()
    bare.write_bytes(content[: content.rindex(b"PK\x01\x02") // 2])
    names = {
        "nano": str(nano),
        "dog": str(examples / "dog.ogg"),
        "tflite": str(bundled_tflite()),
        "bare": str(bare),
    }
    before = set(tmp_path.iterdir())
    assert run(*(each.format(**names) for each in arguments)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("package", "extra"), [("matplotlib", "plots"), ("torch", "train")])
def test_a_missing_package_is_named_with_its_extra(
    package: str, extra: str, examples: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    for name in [name for name in sys.modules if name.startswith("datar_edge.explain")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert run(examples / "dog.ogg", "--model", bundled_checkpoint(), "--output", "x.png") == 2
    printed = capsys.readouterr()
    assert f"pip install 'datar-edge[{extra}]'" in printed.err
    assert not Path("x.png").exists()
