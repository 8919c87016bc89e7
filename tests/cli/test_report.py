from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.cli import main

Capture = pytest.CaptureFixture[str]
NanoCheckpoint = Callable[..., Path]

FEW = ("--rounds", "3", "--seconds", "0")


@pytest.fixture
def data(labelled_recordings: Path) -> str:
    return f"folder:{labelled_recordings}"


def call(*arguments: object) -> int:
    return main(["report", *map(str, arguments)])


def by_section(printed: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(printed)["entries"]:
        found.setdefault(entry["section"], []).append(entry)
    return found


def printed_by(command: str, capsys: Capture) -> Any:
    program, *arguments = shlex.split(command)
    assert program == "datar-edge"
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_figures_are_those_that_the_named_commands_print(
    data: str, tmp_path: Path, capsys: Capture
) -> None:
    page = tmp_path / "report.html"
    assert call("--data", data, *FEW, "--output", page, "--json") == 0
    printed = capsys.readouterr()
    assert printed.err.splitlines() == [
        f"measuring: card of {bundled_checkpoint()}",
        f"measuring: card of {bundled_tflite()}",
        f"measuring: architecture of {bundled_checkpoint()}",
        f"measuring: accuracy of {bundled_checkpoint()}",
        f"measuring: parity of {bundled_tflite()}",
        f"measuring: benchmark of {bundled_tflite()}",
    ]
    found = by_section(printed.out)
    model, artifact = found["card"]
    (architecture,), (accuracy,) = found["architecture"], found["accuracy"]
    (parity,), (benchmark,) = found["parity"], found["benchmark"]

    told = printed_by(artifact["command"], capsys)
    for name in ("preset", "heads", "fbank", "provenance", "parity", "size_bytes", "hop_s"):
        assert artifact["figures"][name] == told[name]
    told = printed_by(architecture["command"], capsys)
    assert architecture["figures"] == told
    assert model["figures"]["macs"] == told["macs"]

    told = printed_by(accuracy["command"], capsys)
    head = accuracy["figures"]["heads"]["class"]
    assert accuracy["figures"]["clips"] == told["clips"] == 4
    assert round(head["top1"], 4) == told["top1"]
    assert head["confusion"] == told["heads"]["class"]["confusion"]
    assert {label: each["clips"] for label, each in head["per_class"].items()} == {
        label: each["clips"] for label, each in told["heads"]["class"]["per_class"].items()
    }

    told = printed_by(parity["command"], capsys)
    windows = parity["figures"]["over_windows"]
    for name in ("sqnr_db", "max_abs_logit_diff", "max_abs_score_diff"):
        assert windows[name] == told[name]
    assert parity["figures"]["artifact_top1"] == told["artifact_top1"]
    worst = parity["figures"]["worst"]
    assert [each["path"] for each in worst] == [each["clip"] for each in told["worst"]]

    (told,) = printed_by(benchmark["command"], capsys)
    for name in ("size_bytes", "ops", "delegated_ops", "target", "window_s"):
        assert benchmark["figures"][name] == told[name]
    assert len(benchmark["figures"]["runs_ms"]) == told["rounds"] == 3
    assert 0.0 < benchmark["figures"]["p10"] <= benchmark["figures"]["median"]

    text = page.read_text(encoding="utf-8")
    assert f"{benchmark['figures']['median']:.2f}" in text
    assert f"{windows['sqnr_db']:.1f}" in text
    assert found["sensitivity"][0]["figures"] is None
    assert shlex.split(found["sensitivity"][0]["command"])[:2] == ["datar-edge", "quantize"]


def test_sections_are_kept_and_added(data: str, tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "page.html"
    arguments = ("--data", data, *FEW, "--output", page)
    assert call(*arguments, "--sections", "card") == 0
    first = capsys.readouterr()
    assert "kept" not in first.err
    assert "  measured      2 of 7, kept in" in first.out
    assert "  not measured  accuracy of" in first.out
    assert call(*arguments) == 2  # the page exists
    assert "--force" in capsys.readouterr().err
    assert call(*arguments, "--sections", "accuracy", "--limit", 2, "--force") == 0
    capsys.readouterr()
    assert call(*arguments, "--sections", "accuracy", "--limit", 2, "--force", "--json") == 0
    second = capsys.readouterr()
    found = by_section(second.out)
    assert f"kept: accuracy of {bundled_checkpoint()}, measured " in second.err
    assert found["accuracy"][0]["figures"]["clips"] == 2
    assert found["card"][0]["figures"]["preset"] == "datar-micro"
    assert found["parity"][0]["figures"] is None
    assert "Not measured: parity" in page.read_text(encoding="utf-8")
    # Other clips are another measurement.
    assert call(*arguments, "--sections", "card", "--force", "--json") == 0
    assert by_section(capsys.readouterr().out)["accuracy"][0]["figures"] is None


def test_without_data_and_files_each_section_says_what_it_needs(
    nano_checkpoint: NanoCheckpoint, tmp_path: Path, capsys: Capture
) -> None:
    model = nano_checkpoint(tmp_path / "nano <b>.safetensors")
    output = tmp_path / "page.html"
    assert call(model, "--output", output) == 0
    told = capsys.readouterr().out
    assert f"accuracy of {model}. It needs labelled clips: --data SET." in told
    assert "parity of an exported file. It needs a file that was exported" in told
    text = output.read_text(encoding="utf-8")
    assert "<b>" not in text
    assert "nano &lt;b&gt;.safetensors" in text
    assert "--artifact FILE" in text


def saved(tmp_path: Path, change: int = 0) -> Path:
    from datar_edge.models import load_checkpoint  # noqa: PLC0415
    from datar_edge.report.quantizable_layers import layer_weights  # noqa: PLC0415

    weights = layer_weights(load_checkpoint(bundled_checkpoint()).model)
    rows = [
        {
            "layer": layer,
            "weights": count + change,
            "windows": 40,
            "top1_agreement": 0.975,
            "sqnr_db": 10.5 + number,
            "max_abs_logit_diff": 0.25,
        }
        for number, (layer, count) in enumerate(weights.items())
    ]
    about = {"target": "onnx", "quantize": "int8", "recipe": "some_recipe"}
    path = tmp_path / f"ranking{change}.json"
    document = {**about, "sensitivity": rows, "mix": {"float_layers": ["model.heads"]}}
    path.write_text(json.dumps(document))
    return path


def test_a_saved_sensitivity_is_shown(tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "page.html"
    arguments = ("--sections", "card", "--output", output, "--ranking")
    assert call(*arguments, saved(tmp_path)) == 0
    text = output.read_text(encoding="utf-8")
    assert "int8 for onnx, recipe some_recipe" in text
    assert "The file of that run leaves float: model.heads" in text
    assert ">10.5<" in text
    capsys.readouterr()
    assert call(*arguments, saved(tmp_path, 1), "--force") == 2
    assert "ranks the layers of another model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--sections", "card,speed"], "there is no section 'speed'. Sections: card,"),
        (["--data", "esc:nowhere"], "the data set's folder nowhere does not exist"),
        (["--ranking", "none.json"], "--ranking none.json cannot be read"),
        (["none.safetensors"], "none.safetensors does not exist"),
        (["{tflite}"], "Give the checkpoint that it was made from, and --artifact"),
        (["{nano}", "--artifact", "{tflite}"], "the reference has other labels"),
        (["--artifact", "{nano}"], "is a checkpoint, which only PyTorch runs"),
        (["--rounds", "1"], "rounds is 1"),
        (["--output", "{folder}"], "is a folder"),
        (["--data", "{data}", "--hop", "0"], "the hop is 0.0 s"),
    ],
)
def test_wrong_input_is_told_in_one_line(
    arguments: list[str],
    told: str,
    *,
    data: str,
    nano_checkpoint: NanoCheckpoint,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    nano = nano_checkpoint(tmp_path / "nano.safetensors")
    places = {"tflite": bundled_tflite(), "nano": nano, "folder": tmp_path, "data": data}
    filled = [each.format(**places) for each in arguments]
    assert call("--sections", "accuracy", *filled) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = (each for each in printed.err.splitlines() if not each.startswith("measuring"))
    assert line.startswith("error: ")
    assert told in line
    assert not (tmp_path / "report.html").exists()


def test_without_torch_the_extra_is_named(tmp_path: Path) -> None:
    program = "import sys; sys.modules['torch'] = None; from datar_edge.cli import main; "
    command = [sys.executable, "-c", f"{program} sys.exit(main())", "report"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'datar-edge[export]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_measured_sensitivity_ranks_all_layers(
    data: str, nano_checkpoint: NanoCheckpoint, tmp_path: Path, capsys: Capture
) -> None:
    model = nano_checkpoint(tmp_path / "nano.safetensors")
    output = tmp_path / "page.html"
    arguments = (model, "--data", data, "--sections", "sensitivity", "--output", output, "--json")
    assert call(*arguments) == 0
    (entry,) = by_section(capsys.readouterr().out)["sensitivity"]
    costs = [each["sqnr_db"] for each in entry["figures"]["layers"]]
    assert costs == sorted(costs)
    assert "model.heads" in {each["layer"] for each in entry["figures"]["layers"]}
    assert "SQNR by layer" in output.read_text(encoding="utf-8")
    told = printed_by(f"{entry['command']} --output {tmp_path / 'int8.tflite'}", capsys)
    assert [each["layer"] for each in told["sensitivity"]] == [
        each["layer"] for each in entry["figures"]["layers"]
    ]
