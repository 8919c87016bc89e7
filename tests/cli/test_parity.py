from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.cli import main
from datar_edge.export.target import load_target
from datar_edge.models import load_checkpoint, save_checkpoint
from datar_edge.runtime import read_model_card

Capture = pytest.CaptureFixture[str]
NanoCheckpoint = Callable[..., Path]


@pytest.fixture
def data(labelled_recordings: Path) -> str:
    return f"folder:{labelled_recordings}"


@pytest.fixture
def disturbed(tmp_path: Path) -> Path:
    """The bundled checkpoint with its last block's MLP moved far."""
    checkpoint = load_checkpoint(bundled_checkpoint())
    for parameter in checkpoint.model.get_submodule("stages.3.2.mlp").parameters():
        parameter.data *= -2.0
    path = tmp_path / "disturbed.safetensors"
    save_checkpoint(path, checkpoint)
    return path


def test_json_tells_both_accuracies_and_all_differences(data: str, capsys: Capture) -> None:
    assert main(["parity", "--data", data, "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["artifact"] == str(bundled_tflite())
    assert document["reference"] == str(bundled_checkpoint())
    assert document["reference_is_source"]
    assert (document["clips"], document["skipped"], document["within_bound"]) == (4, 0, True)
    assert document["windows"] >= 4
    assert document["top1_agreement"] == document["windows_top1_agreement"] == 1.0
    assert 0.0 < document["max_abs_logit_diff"] < 1e-4
    assert 0.0 < document["max_abs_score_diff"] < 1e-4
    assert document["sqnr_db"] > 80.0
    assert document["reference_top1"] == document["artifact_top1"] == 0.75
    assert document["bound"] == {"max_abs_logit_diff": 1e-4, "top1_agreement": 1.0}
    differences = [each["max_abs_logit_diff"] for each in document["worst"]]
    assert differences == sorted(differences, reverse=True)
    assert len(differences) == 4
    assert "per_layer" not in document
    assert printed.err == ""


def test_a_table_for_people_and_an_output(data: str, tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "parity.txt"
    command = ["parity", "--data", data, "--limit", "2", "--worst", "1", "--output", str(output)]
    assert main(command) == 0
    text = output.read_text(encoding="utf-8")
    assert "same best label  100.0% of clips" in text
    assert "within bound     yes, for quantization none" in text
    assert text.splitlines()[-2].split() == [
        *("Clip", "Label", "Float", "says", "File", "says", "Logit", "diff")
    ]
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err


def test_a_file_outside_its_bound_exits_with_one(
    data: str, disturbed: Path, capsys: Capture
) -> None:
    command = ["parity", "--data", data, "--reference", str(disturbed), "--json"]
    assert main(command) == 1
    printed = capsys.readouterr()
    document = json.loads(printed.out)  # the report is printed all the same
    assert not document["within_bound"]
    assert not document["reference_is_source"]
    assert document["max_abs_logit_diff"] > 0.1
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("error: ")
    assert "differs from the float model: a logit differs by" in printed.err
    assert "--per-layer" in printed.err
    assert main([*command, "--allow-drift"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert json.loads(printed.out) == document


def without_card() -> bytes:
    """The bundled file up to the zip that holds its card."""
    with zipfile.ZipFile(bundled_tflite()) as files:
        start = min(each.header_offset for each in files.infolist())
    return bundled_tflite().read_bytes()[:start]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "esc:nowhere"], "the data set's folder nowhere does not exist"),
        (["--data", "audioset:x"], "unknown data set 'audioset:x'"),
        (["--data", "{data}", "--reference", "none.safetensors"], "no checkpoint at none"),
        (["--data", "{data}", "--reference", "{nano}"], "the reference has other labels"),
        (["none.tflite", "--data", "{data}"], "none.tflite does not exist"),
        (["{nano}", "--data", "{data}"], "is a checkpoint, which only PyTorch runs"),
        (["{orphan}", "--data", "{data}"], "Name it with --reference CHECKPOINT"),
        (["{int2}", "--data", "{data}"], "the card says quantization 'int2'"),
        (["--data", "{data}", "--hop", "0"], "the hop is 0.0 s"),
        (["--data", "{data}", "--per-layer", "--calibration", "none"], "folder of recordings"),
        ([], "Missing option '--data'"),
    ],
)
def test_wrong_input_is_told_in_one_line(
    arguments: list[str],
    message: str,
    *,
    data: str,
    nano_checkpoint: NanoCheckpoint,
    tmp_path: Path,
    capsys: Capture,
) -> None:
    card = read_model_card(bundled_tflite())
    files = {"data": data, "nano": str(tmp_path / "nano.safetensors")}
    changes = {
        "orphan": {"provenance": {**card.provenance, "checkpoint_sha256": "0" * 64}},
        "int2": {"quantize": "int2"},
    }
    nano_checkpoint(tmp_path / "nano.safetensors")
    for name, change in changes.items():
        path = tmp_path / f"{name}.tflite"
        if f"{{{name}}}" in arguments:
            changed = dataclasses.replace(card, **change)
            path.write_bytes(load_target("tflite").with_card(without_card(), changed))
        files[name] = str(path)
    assert main(["parity", *(each.format(**files) for each in arguments)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err


def test_without_torch_the_extra_is_named(data: str) -> None:
    program = "import sys; sys.modules['torch'] = None; from datar_edge.cli import main; "
    command = [sys.executable, "-c", f"{program} sys.exit(main())", "parity", "--data", data]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install 'datar-edge[export]'" in done.stderr


@pytest.mark.slow
def test_per_layer_names_the_first_layer_that_departs(
    data: str, disturbed: Path, capsys: Capture
) -> None:
    """The bundled file against a model whose last MLP is another."""
    command = ["parity", "--data", data, "--per-layer", "--allow-drift"]
    assert main([*command, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)["per_layer"]
    assert whole["first_below_bound"] is None
    assert whole["probe"]["is_artifact"]
    assert main([*command, "--reference", str(disturbed), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["per_layer"]
    assert found["first_below_bound"] == "model.stages.3.2.mlp"
    assert found["probe"]["exported_from"] == str(bundled_checkpoint())
    assert [each["layer"] for each in found["layers"]] == [
        each["layer"] for each in whole["layers"]
    ]


@pytest.mark.slow
def test_parity_holds_on_real_clips(esc10: Path, tmp_path: Path, capsys: Capture) -> None:
    artifact = str(shutil.copy(bundled_tflite(), tmp_path / "copy.tflite"))
    assert main(["parity", artifact, "--data", f"esc:{esc10}", "--limit", "40", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["clips"] == 40
    assert document["reference_top1"] == document["artifact_top1"] > 0.7
