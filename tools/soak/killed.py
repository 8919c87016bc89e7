"""SIGKILL at random points of `tag`, `export` and `train`; then the same command to its end."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from tools.soak.process import PROGRAM
from tools.soak.sounds import labelled

_SEED = 20_261_124


def killed(folder: Path, *, times: int) -> dict[str, Any]:
    """Kills each command so many times and runs it to its end.

    Returns:
        By command: `killed`, how often it was; `half_written`, how often something that is not a
        whole result lay at the output's place; `differ`, how often what it came to in the end is
        not, bit by bit, what an undisturbed run comes to.
    """
    work = folder / "killed"
    shutil.rmtree(work, ignore_errors=True)
    sounds = labelled(work / "sounds")
    return {
        "tag": _kill_often(work / "tag", times, _tag(sounds)),
        "export": _kill_often(work / "export", times, _export),
        "train": _kill_often(work / "train", times, _train(sounds)),
    }


Command = Callable[[Path], tuple[Sequence[str], Path]]
"""Takes a folder, gives the command that works there, as it is given again, and its output."""


def _tag(sounds: Path) -> Command:
    def command(work: Path) -> tuple[Sequence[str], Path]:
        output = work / "tags.csv"
        resume = ["--resume"] if output.with_name("tags.csv.part").exists() else []
        return ["tag", str(sounds), "--output", str(output), "--hop", "0.02", *resume], output

    return command


def _export(work: Path) -> tuple[Sequence[str], Path]:
    output = work / "model.onnx"
    return ["export", "--target", "onnx", "--output", str(output)], output


def _train(sounds: Path) -> Command:
    def command(work: Path) -> tuple[Sequence[str], Path]:
        run = work / "run"
        begun = (run / "config.json").exists()
        shape = ["--epochs", "6", "--batch-size", "4", "--threads", "1"]
        data = ["--data", f"folder:{sounds}", "--output", str(run)]
        return ["train", *data, *shape, *(["--resume"] if begun else [])], run / "model.safetensors"

    return command


def _kill_often(work: Path, times: int, command: Command) -> dict[str, Any]:
    (work / "whole").mkdir(parents=True)
    begun_s = time.monotonic()
    arguments, output = command(work / "whole")
    subprocess.run([*PROGRAM, *arguments], check=True, capture_output=True)
    took_s = time.monotonic() - begun_s
    whole = _hash(output)
    chance = np.random.default_rng(_SEED)
    counts = {"killed": 0, "half_written": 0, "differ": 0, "took_s": took_s}
    while counts["killed"] < times:
        shutil.rmtree(work / "again", ignore_errors=True)
        (work / "again").mkdir()
        arguments, output = command(work / "again")
        while counts["killed"] < times and not output.exists():
            if not _run(arguments, chance.uniform(0.1, 1.0) * took_s):
                counts["killed"] += 1
                counts["half_written"] += output.exists() and _hash(output) != whole
            arguments, output = command(work / "again")
        if not output.exists():
            subprocess.run([*PROGRAM, *arguments], check=True, capture_output=True)
        counts["differ"] += _hash(output) != whole
    return counts


def _run(arguments: Sequence[str], kill_after_s: float) -> bool:
    """Whether it came to its end before it was killed."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _, told = process.communicate(timeout=kill_after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return False
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}: {told!r}")
    return True


def _hash(path: Path) -> str:
    """Of a file's content; safetensors writes the entries of its header in any order."""
    if path.suffix != ".safetensors":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    with safe_open(path, "numpy") as file:
        told = json.dumps(file.metadata(), sort_keys=True).encode()
        tensors = [name.encode() + file.get_tensor(name).tobytes() for name in sorted(file.keys())]
    return hashlib.sha256(told + b"".join(tensors)).hexdigest()
