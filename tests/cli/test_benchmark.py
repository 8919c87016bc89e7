from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.cli import main

Capture = pytest.CaptureFixture[str]
FEW = ("--rounds", "3", "--warmup", "0")


def call(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_json_has_a_mapping_for_each_file(capsys: Capture) -> None:
    assert call("benchmark", *FEW, "--threads", 2, "--json") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    (row,) = json.loads(printed.out)
    assert row["artifact"] == str(bundled_tflite())
    assert 0.0 < row["p10_ms"] <= row["median_ms"] <= row["p90_ms"]
    assert row["load_ms"] > 0.0
    assert (row["rounds"], row["threads"], row["window_s"]) == (3, 2, 2.56)
    assert row["ops"] == row["delegated_ops"] > 100
    assert row["delegate_calls"] == 1
    assert row["size_bytes"] == bundled_tflite().stat().st_size
    if sys.platform == "linux":
        assert 10.0 < row["added_rss_mb"] < row["peak_rss_mb"]
        size_mb = row["size_bytes"] / 1e6
        assert row["added_rss_per_size"] == pytest.approx(row["added_rss_mb"] / size_mb, abs=0.01)
    assert set(row["machine"]) == {"cpu", "cores", "memory_gb", "os", "python", "versions"}
    assert "against" not in row


def test_against_compares_and_a_page_is_written(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "page.html"
    model = bundled_tflite()
    assert call("benchmark", model, "--against", model, *FEW, "--csv", "--html", page) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["artifact"] == row["against"] == str(model)
    low, middle, high = (float(row[f"against_over_this{end}"]) for end in ("_p10", "", "_p90"))
    assert 0.0 < low <= middle <= high
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert call("benchmark", *FEW, "--html", page) == 2
    assert f"error: --html {page} exists" in capsys.readouterr().err


def test_the_base_install_benchmarks() -> None:
    """Without the export extra all but the delegation is told."""
    heavy = ("torch", "mediapipe", "litert_torch", "onnx")
    worker = "datar_edge.report.benchmark_worker"
    program = (
        f"import sys\nfor name in {heavy!r}: sys.modules[name] = None\n"
        f"import runpy; sys.argv = [{worker!r}, {str(bundled_tflite())!r}, '1']\n"
        f"runpy.run_module({worker!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input="load\nrun\nmemory\ndelegation\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    load, run, memory, delegation = map(json.loads, done.stdout.splitlines())
    assert load["target"] == "tflite"
    assert run["ms"] > 0.0
    assert set(memory) == {"before_bytes", "peak_bytes"}
    assert delegation == {"ops": None, "delegated_ops": None, "delegate_calls": None}


def test_the_table_names_the_file_and_the_ratio(capsys: Capture) -> None:
    assert call("benchmark", "--against", bundled_tflite(), *FEW) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["File", "Quantize", "Size"]
    assert sum("datar-micro.tflite" in line and "100.0%" in line for line in lines) == 2
    assert "times as long as" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["{checkpoint}"], "is a checkpoint, which only PyTorch runs. Export it first"),
        (["datar-tiny"], "is a preset without trained weights. Export it first"),
        (["none.tflite"], "none.tflite does not exist"),
        (["{model}", "--against", "{checkpoint}"], "is a checkpoint"),
        (["{model}", "{cut}"], "it is cut off"),
        (["--rounds", "2"], "rounds is 2"),
        (["--threads", "65"], "threads is 65"),
        (["--seconds", "-1"], "seconds is -1.0"),
        (["--timeout", "0"], "timeout_s is 0.0"),
        (["--json", "--csv"], "--json and --csv"),
    ],
)
def test_wrong_input_is_told_in_one_line(
    arguments: list[str], told: str, tmp_path: Path, capsys: Capture
) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(bundled_tflite().read_bytes()[:100_000])
    names = {"checkpoint": bundled_checkpoint(), "model": bundled_tflite(), "cut": cut}
    filled = [each.format(**names) for each in arguments]
    extra = [] if "--rounds" in filled else FEW
    assert call("benchmark", *filled, *extra) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert told in printed.err


def test_a_file_that_takes_too_long_is_told(capsys: Capture) -> None:
    assert call("benchmark", *FEW, "--timeout", "0.1") == 1  # Python alone takes longer to start
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "took longer than 0.1 s" in printed.err
    assert "--timeout" in printed.err


def test_the_help_ends_in_an_example(capsys: Capture) -> None:
    assert call("benchmark", "--help") == 0
    assert "Example: datar-edge benchmark" in " ".join(capsys.readouterr().out.split())
