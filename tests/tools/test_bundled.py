"""What the recipe of the bundled model does besides calling datar-edge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.bundled import runs
from tools.bundled.calibration import Calibration
from tools.bundled.card import card, confusion_of
from tools.bundled.peers import PEERS, SHIPPED, peer_runs, peer_table

SHIPPED_FILE = Path(__file__).parents[2] / "datar_edge" / "bundled" / "datar-micro.tflite"
LABELS = [f"label {number}" for number in range(10)]


def evaluated(right: int, clips: int) -> dict[str, Any]:
    """As `evaluate` writes it, of equally many clips a label."""
    each = {"top1": right / clips, "clips": clips // 10}
    head = {
        "mean_average_precision": 0.5,
        "per_class": dict.fromkeys(LABELS, each),
        "confusion": [
            [clips // 10 if row == column else 0 for column in range(10)] for row in range(10)
        ],
    }
    told = {"top1": right / clips, "top5": 1.0, "clips": clips, "hop_s": 1.0}
    return {**told, "heads": {"class": head}}


def test_a_run_is_begun_gone_on_with_or_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(runs, "run", lambda *arguments: commands.append(arguments))
    folder = tmp_path / "run"
    folder.mkdir()
    runs.train(folder, "--data", "esc:x", seed=3)
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / "last.ckpt").touch()
    runs.train(folder, "--data", "esc:x", seed=3)
    (folder / "model.safetensors").touch()
    runs.train(folder, "--data", "esc:x", seed=3)
    common = ("train", "--data", "esc:x", "--seed", "3", "--threads", "1", "--output", str(folder))
    assert commands == [(*common, "--force"), (*common, "--resume")]
    assert json.loads((folder / "minutes.json").read_text()) >= 0.0


def test_each_peer_is_trained_without_each_fold(tmp_path: Path) -> None:
    wanted = peer_runs(PEERS, tmp_path, ["--data", "x"], folds=[1, 2, 3], peer_folds=[3], seed=1)
    assert len({folder for folder, _ in wanted}) == len(PEERS)
    folder, options = wanted[0]
    assert folder == tmp_path / "fold-3-seed-1"
    assert options == [
        *("--data", "x", "--preset", "datar-micro", "--folds", "1,2", "--val-folds", "3"),
    ]
    assert ("peers", "conv-micro", "fold-3-seed-1") in [folder.parts[-3:] for folder, _ in wanted]


def test_the_table_of_peers_counts_clips(tmp_path: Path) -> None:
    for fold, result in {3: evaluated(5, 10), 4: evaluated(30, 30)}.items():
        folder = SHIPPED.folder(tmp_path, fold, 1)
        folder.mkdir()
        (folder / "evaluation.json").write_text(json.dumps(result))
    row = peer_table([SHIPPED], tmp_path, "esc:x", [3, 4], 1).splitlines()[-1]
    assert row == "| DATAR, as it ships | 2.92 M | 157 | 50.0% | 100.0% | 87.5% |"


def test_the_card_tells_all_of_it(tmp_path: Path) -> None:
    config = {"epochs": 7, "batch_size": 16, "learning_rate": 0.0004, "folds": [1, 2]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "minutes.json").write_text("21.4")
    results = {(1, 1): evaluated(10, 20), (2, 1): evaluated(60, 60)}
    text = card(
        tmp_path,
        results,
        Calibration(temperature=0.9, error_before=0.1, error_after=0.05, windows=99),
        [SHIPPED_FILE],
        events="no event",
        peers="no peer",
    )
    for told in (
        "metrics: [{type: accuracy, value: 0.8750}]",
        "| 1 | 1 | 20 | 50.0% | 100.0% | 0.500 |",
        "| all | | 80 | 87.5% | | |",
        "| label 3 | 7 of 8 |",
        "7 epochs, batches of 16, AdamW at 0.0004",
        "21 minutes",
        "| `datar-micro.tflite` | none | 12.5 |",
        "0.100 before,\n0.050 after",
        "no event",
        "no peer",
    ):
        assert told in text, told
    assert "{" not in text.replace("{type: ", "").replace("dataset: {name", "")
    assert "<svg" in confusion_of(results)
