from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from datar_edge.bundled import bundled_checkpoint
from datar_edge.cli import main
from datar_edge.runtime import read_model_card

Capture = pytest.CaptureFixture[str]
NanoCheckpoint = Callable[..., Path]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.safetensors"], "there is no checkpoint at none.safetensors"),
        (["--target", "coreml"], "unknown target 'coreml'"),
        (["--quantize", "int3"], "unknown quantization 'int3' for tflite"),
        (["--sensitivity"], "--sensitivity is given without --data"),
        (["--sensitivity", "--data", "esc:none"], "folder none does not exist"),
        (["--data", "folder:{data}", "--limit", "0"], "the limit of clips is 0"),
        (["--calibration", "none"], "there is no folder of recordings at 'none'"),
        (["--calibration", "{empty}"], "holds no sound files"),
        (["--calibration", "{data}", "--calibration-limit", "0"], "the limit of recordings is 0"),
        (["--min-agreement", "2"], "Invalid value for '--min-agreement'"),
        (["--output", "{data}"], "is a folder"),
    ],
)
def test_wrong_input_is_told_in_one_line(
    arguments: list[str],
    message: str,
    *,
    labelled_recordings: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    filled = [each.format(data=labelled_recordings, empty=tmp_path / "empty") for each in arguments]
    assert main(["quantize", *filled]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert [each.name for each in tmp_path.iterdir()] == ["empty"]


def test_sensitivity_ranks_layers_and_is_resumed(
    nano_checkpoint: NanoCheckpoint, labelled_recordings: Path, tmp_path: Path, capsys: Capture
) -> None:
    """On a model with random weights, whose labels nothing is asked of."""
    source = nano_checkpoint(tmp_path / "nano.safetensors")
    output = tmp_path / "nano.tflite"
    command = [
        *("quantize", str(source), "--quantize", "int8-dynamic"),
        *("--sensitivity", "--data", f"folder:{labelled_recordings}"),
        *("--output", str(output), "--allow-drift", "--json", "--min-agreement", "0"),
    ]
    assert main(command) == 0
    document = json.loads(capsys.readouterr().out)
    ranks = [each["sqnr_db"] for each in document["sensitivity"]]
    finite = [each for each in ranks if each is not None]
    assert finite == sorted(finite)
    assert len(finite) >= 6  # attention and MLP of three blocks
    assert ranks[len(finite) :] == [None] * (len(ranks) - len(finite))  # not in 8 bits at all
    assert document["sensitivity"][0]["layer"] == "fbank"  # why the recipe leaves it float
    assert finite[0] < document["mix"]["sqnr_db"] < finite[1]
    assert document["mix"]["float_layers"] == document["float_layers"]
    card = read_model_card(output)
    assert (card.quantize, card.preset) == ("int8-dynamic", "nano")

    kept = tmp_path / "nano.tflite.sensitivity.json"
    before = kept.stat().st_mtime_ns
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*command, "--force", "--min-sqnr-db", "200"]) == 1
    assert "no mix holds the bound" in capsys.readouterr().err
    assert kept.stat().st_mtime_ns > before
    known = json.loads(kept.read_text())["parity_by_float_layers"]
    assert len(known) > len(ranks)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        *("nano.safetensors", "nano.tflite", kept.name)
    ]


@pytest.mark.slow
def test_without_sensitivity_it_is_the_quantized_export(
    esc10: Path, tmp_path: Path, capsys: Capture
) -> None:
    output = tmp_path / "model.tflite"
    command = ["quantize", str(bundled_checkpoint()), "--calibration", f"esc:{esc10}"]
    assert main([*command, "--allow-drift", "--output", str(output), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["weights"]["int8"] > 0.8 * sum(document["weights"].values())
    assert "sensitivity" not in document
    assert main(["parity", str(output), "--data", f"esc:{esc10}", "--folds", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["top1_agreement"] >= 0.98
