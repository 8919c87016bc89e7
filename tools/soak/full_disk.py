"""Commands whose disk is full: a file system in memory, with room for less than they write."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.soak.process import PROGRAM
from tools.soak.sounds import ROOT, labelled

_COMMANDS = {
    "tag": (2, ["tag", "{examples}", "--hop", "0.01", "--output", "{disk}/a.csv"]),
    "evaluate": (0, ["evaluate", "--data", "{data}", "--json", "--output", "{disk}/a.json"]),
    "explain": (64, ["explain", "{sound}", "--output", "{disk}/a.png"]),
    "report": (64, ["report", "--data", "{data}", "--output", "{disk}/a.html"]),
    "export": (64, ["export", "--target", "onnx", "--output", "{disk}/a.onnx"]),
    "quantize": (
        64,
        ["quantize", "--target", "onnx", "--quantize", "int8-dynamic", "--output", "{disk}/a.onnx"],
    ),
    "train, spectrograms": (64, ["train", "--data", "{data}", "--output", "{disk}/run"]),
    "train, checkpoint": (
        4_096,
        ["train", "--data", "{data}", "--epochs", "1", "--no-cache", "--output", "{disk}/run"],
    ),
}
"""Command → kilobytes that are free, and its arguments."""


def full_disk(folder: Path) -> dict[str, Any]:
    """What each command does when the disk is full.

    Args:
        folder: where the disk is mounted, which only root may.

    Returns:
        By command: its exit status, the lines of errors it told, and what lay at its output.

    Raises:
        RuntimeError: it is not run by root.
    """
    if os.geteuid() != 0:
        raise RuntimeError("full_disk mounts a file system, which only root may")
    data = labelled(folder / "labelled")
    return {name: _run(folder / "disk", data, *each) for name, each in _COMMANDS.items()}


def _run(disk: Path, data: Path, free_kb: int, arguments: list[str]) -> dict[str, Any]:
    names = {
        "disk": disk,
        "data": f"folder:{data}",
        "examples": ROOT / "examples",
        "sound": ROOT / "examples" / "dog.ogg",
    }
    given = [argument.format(**names) for argument in arguments]
    output = Path(given[-1])
    with _mounted(disk, free_kb):
        done = subprocess.run(
            [*PROGRAM, *given],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        traces = done.stderr.count("Traceback")
        result = output / "model.safetensors" if given[0] == "train" else output
        partial = [path.name for path in disk.rglob(".*.part")]
        return {
            "status": done.returncode,
            "errors": errors,
            "tracebacks": traces,
            "written": result.exists(),
            "partial": partial,
        }


@contextlib.contextmanager
def _mounted(disk: Path, free_kb: int) -> Iterator[None]:
    disk.mkdir(parents=True, exist_ok=True)
    size = ["-o", f"size={max(4, free_kb)}k"]
    subprocess.run(["/bin/mount", "-t", "tmpfs", *size, "none", str(disk)], check=True)
    try:
        if free_kb == 0:
            with contextlib.suppress(OSError):
                (disk / "filler").write_bytes(bytes(1_000_000))
        yield
    finally:
        subprocess.run(["/bin/umount", str(disk)], check=True)
