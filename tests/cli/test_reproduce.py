"""`datar-edge reproduce` on small made sets: every table runs, resumes, and tells what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from datar_edge.audio import files
from datar_edge.cli import main
from datar_edge.data import spectrogram_source
from datar_edge.report.paper_tables import TABLES
from datar_edge.variants import VARIANTS

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ESC's layout: two labels of two folds, a hum and a hiss."""
    root = tmp_path_factory.mktemp("esc")
    rng = np.random.default_rng(1)
    times = np.arange(3 * RATE_HZ) / RATE_HZ
    for folder, is_hum in (("001 - Hum", True), ("002 - Hiss", False)):
        (root / folder).mkdir()
        for fold in (1, 2):
            for take in "AB":
                sound = (
                    0.3 * np.sin(2 * np.pi * 120 * times)
                    if is_hum
                    else rng.normal(0, 0.1, len(times))
                )
                soundfile.write(root / folder / f"{fold}-1-{take}.ogg", sound, RATE_HZ)
    return root


def test_the_tables_are_the_papers() -> None:
    assert {name: len(table.rows) for name, table in TABLES.items()} == {
        "table1": 2,
        "table2": 4,
        "table3": 4,
        "table4": 6,
    }
    named = {variant for table in TABLES.values() for row in table.rows for variant in row.variants}
    assert named <= set(VARIANTS)
    best = TABLES["table4"].rows[-1]
    assert best.figures == TABLES["table1"].rows[-1].figures == {"top1": 71.5, "top5": 90.5}


def _arguments(sounds: Path, output: Path) -> list[str]:
    data = ["--data", f"esc:{sounds}", "--folds", "1", "--val-folds", "2"]
    run = ["--preset", "datar-micro", "--baseline", "ast-micro", "--epochs", "1"]
    return ["reproduce", "table1", *data, *run, "--learning-rate", "0.001", "--output", str(output)]


def test_a_table_runs_and_is_not_run_again(
    sounds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded = []

    def read_audio(path: Path, *args: Any, **options: Any) -> Any:
        decoded.append(path)
        return files.read_audio(path, *args, **options)

    monkeypatch.setattr(spectrogram_source, "read_audio", read_audio)
    arguments = _arguments(sounds, tmp_path)
    assert main([*arguments, "--json"]) == 0
    assert len(decoded) == len(set(decoded)) == 8  # both models hear through one front-end
    assert not (tmp_path / "spectrograms").exists()
    document = json.loads(capsys.readouterr().out)
    assert [row["row"] for row in document["rows"]] == ["AST", "DATAR (deformable + adaptor)"]
    for row in document["rows"]:
        assert set(row["ours"]) == {"top1", "top5"}
        assert set(row["differs"]) == {"data", "epochs", "rate", "start", "input", "model"}
    checkpoints = sorted(tmp_path.rglob("model.safetensors"))
    written = [path.stat().st_mtime_ns for path in checkpoints]
    assert len(written) == 2
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "52.6" in printed
    assert "epochs: 1 (paper: 300)" in printed
    assert [path.stat().st_mtime_ns for path in checkpoints] == written
    assert main([*arguments, "--seed", "2"]) == 2
    assert "holds a run of another recipe" in capsys.readouterr().err


def test_an_unknown_table_is_told_the_known_ones(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = _arguments(sounds, tmp_path)
    arguments[1] = "table9"
    assert main(arguments) == 2
    assert "Tables: table1, table2, table3, table4" in capsys.readouterr().err
