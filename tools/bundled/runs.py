"""Runs of the recipe that makes the bundled model: each is one command, and is done once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datar_edge.models import load_checkpoint, save_checkpoint


def run(*arguments: str) -> str:
    """Runs one command of datar-edge and gives what it printed."""
    print("datar-edge", *arguments, flush=True)
    command = [sys.executable, "-m", "datar_edge", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def train(folder: Path, *options: str, seed: int) -> None:
    """Trains into a folder, unless that is done; goes on with what was begun."""
    if (folder / "model.safetensors").exists():
        return
    resume = ["--resume"] if (folder / "checkpoints" / "last.ckpt").exists() else ["--force"]
    began_s = time.monotonic()
    # On one thread, as sums in another order end in other bits.
    arguments = ["--seed", str(seed), "--threads", "1", "--output", str(folder), *resume]
    run("train", *options, *arguments)
    minutes = (time.monotonic() - began_s) / 60
    (folder / "minutes.json").write_text(json.dumps(minutes))


def split(fold: int, folds: Sequence[int]) -> list[str]:
    """Options of a run that leaves one fold out."""
    others = ",".join(str(other) for other in folds if other != fold)
    return ["--folds", others, "--val-folds", str(fold)]


def rounded(folder: Path) -> Path:
    """The checkpoint of a run with its weights rounded as those that ship are."""
    written = folder / "rounded.safetensors"
    if not written.exists():
        save_checkpoint(written, load_checkpoint(folder / "model.safetensors"), half=True)
    return written


def held_out(data: str, fold: int, folder: Path) -> dict[str, Any]:
    """Accuracy of a run on the fold that it was not trained on."""
    written = folder / "evaluation.json"
    if not written.exists():
        fold_of = ["--data", data, "--folds", str(fold)]
        run("evaluate", str(rounded(folder)), *fold_of, "--json", "--output", str(written))
    result: dict[str, Any] = json.loads(written.read_text())
    return result
