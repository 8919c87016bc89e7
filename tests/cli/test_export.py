"""`datar-edge export`: where files go, and what becomes of an export that cannot end well."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datar_edge.cli import main
from datar_edge.runtime import read_model_card

Capture = pytest.CaptureFixture[str]
_PATIENCE_S = 120.0


def call(*arguments: object) -> int:
    return main(["export", *map(str, arguments)])


def one_line(capture: Capture) -> str:
    (line,) = capture.readouterr().err.strip().splitlines()
    return line


def test_a_place_that_cannot_be_written_is_told_before_the_work(capsys: Capture) -> None:
    began_s = time.monotonic()
    assert call("--output", "/proc/datar.tflite") == 2
    assert "error: /proc/datar.tflite cannot be written" in one_line(capsys)
    assert time.monotonic() - began_s < _PATIENCE_S / 4


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for a hundred kilobytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(place)]
    mounted = subprocess.run(mounting, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_one_line_and_nothing_is_left(
    nano_checkpoint: Callable[..., Path], full_disk: Path, tmp_path: Path, capsys: Capture
) -> None:
    checkpoint = nano_checkpoint(tmp_path / "nano.safetensors")
    assert call(checkpoint, "--target", "onnx", "--output", full_disk / "nano.onnx") == 2
    assert "nano.onnx cannot be written: No space left on device" in one_line(capsys)
    assert list(full_disk.iterdir()) == []


def test_a_full_temporary_folder_is_one_line_and_nothing_is_left(
    nano_checkpoint: Callable[..., Path],
    full_disk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    """The converter's native code would end the process."""
    checkpoint, place = nano_checkpoint(tmp_path / "nano.safetensors"), tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(full_disk))
    assert call(checkpoint, "--output", place / "nano.tflite") == 2
    told = one_line(capsys)
    assert told.startswith(f"error: {full_disk} has 0 MB free, and converting to TFLite needs")
    assert "TMPDIR" in told
    assert list(place.iterdir()) == []


def test_several_files_need_a_folder(tmp_path: Path, capsys: Capture) -> None:
    taken = tmp_path / "taken.tflite"
    taken.write_bytes(b"kept")
    assert call("--target", "all", "--output", taken) == 2
    assert "is a file, and 3 files are to be written" in one_line(capsys)
    assert taken.read_bytes() == b"kept"


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--target", "coreml", "unknown target 'coreml'. Targets: tflite, onnx, executorch"),
        ("--quantize", "int3", "unknown quantization 'int3' for tflite. Known: none, fp16, int8"),
        ("--sampler", "fast", "unknown sampler form 'fast'. Forms: auto, native"),
        ("--calibration", "nowhere", "there is no folder of recordings at 'nowhere'"),
    ],
)
def test_wrong_options_leave_nothing(
    option: str, value: str, told: str, tmp_path: Path, capsys: Capture
) -> None:
    assert call(option, value, "--output", tmp_path / "model.tflite") == 2
    assert told in one_line(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_export_leaves_nothing(ending: signal.Signals, tmp_path: Path) -> None:
    """Stopped while it lowers: the file that stands beside the place by then goes."""
    command = [sys.executable, "-m", "datar_edge", "export", "--output", str(tmp_path / "m.tflite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        end_s = time.monotonic() + _PATIENCE_S
        while not list(tmp_path.iterdir()) and process.poll() is None and time.monotonic() < end_s:
            time.sleep(0.02)
        assert list(tmp_path.iterdir()), "it never began"
        time.sleep(0.5)
        process.send_signal(ending)
        output, errors = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 130, errors
    assert (output, b"Traceback" in errors) == (b"", False)
    assert list(tmp_path.iterdir()) == []


def test_a_form_that_does_not_apply_is_told_with_what_is_taken(
    nano_checkpoint: Callable[..., Path], tmp_path: Path, capsys: Capture
) -> None:
    checkpoint = nano_checkpoint(tmp_path / "nano.safetensors", stride=2)
    assert call(checkpoint, "--sampler", "stencil", "--json") == 0
    captured = capsys.readouterr()
    assert "stencil does not apply, its reference points are not the pixels" in captured.err
    (document,) = json.loads(captured.out)
    assert "stencil" not in document["sampler"]
    assert set(document["samplers"].values()) == {document["sampler"]}


@pytest.mark.slow
def test_all_targets_and_quantizations(
    nano_checkpoint: Callable[..., Path], tmp_path: Path, capsys: Capture
) -> None:
    """Twelve files, each with its card; of random weights no label stands out, so drift is let."""
    checkpoint = nano_checkpoint(tmp_path / "nano.safetensors")
    arguments = ["--target", "all", "--quantize", "all", "--allow-drift", "--json"]
    assert call(checkpoint, *arguments, "--output", tmp_path / "out") == 0
    documents = json.loads(capsys.readouterr().out)
    assert len(documents) == 12
    for document in documents:
        card = read_model_card(document["artifact"])
        assert (card.quantize, card.labels[0]) == (document["quantize"], "Dog bark")
