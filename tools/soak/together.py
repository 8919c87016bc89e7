"""Several exports to the same folder, and to the same file, at once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from datar_edge.bundled import bundled_tflite
from datar_edge.runtime import open_session
from tools.soak.process import PROGRAM


def together(folder: Path, *, processes: int) -> dict[str, Any]:
    """Exports of the bundled model, all begun at once.

    Returns:
        Of those to one file each and of those to the same one: how many ended with status 0, and
        how many files open and say that they are whole; and what else lay there.
    """
    work = folder / "together"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    apart = [work / f"{number}.onnx" for number in range(processes)]
    same = [work / "same.onnx"] * processes
    begun = [_export(path) for path in (*apart, *same)]
    ended = [process.wait() for process in begun]
    left = sorted(path.name for path in work.iterdir() if path not in {*apart, *same})
    return {
        "processes": processes,
        "apart_ended": ended[:processes].count(0),
        "apart_open": sum(map(_opens, apart)),
        "same_ended": ended[processes:].count(0),
        "same_opens": _opens(same[0]),
        "left": left,
    }


def _export(output: Path) -> subprocess.Popen[bytes]:
    command = [*PROGRAM, "export", "--target", "onnx", "--output", str(output), "--force"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _opens(path: Path) -> bool:
    """Whether its hash is right and it has the labels of the model it was made from."""
    with open_session(path) as session, open_session(bundled_tflite()) as reference:
        return bool(session.card.labels == reference.card.labels)
