"""`tag --jobs 2` against `--jobs 1`: audio seconds a second, in turns."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tools.soak.process import PROGRAM
from tools.soak.sounds import recordings

_RATE_HZ = 16_000


def jobs(folder: Path, *, files: int, file_s: float, rounds: int) -> dict[str, Any]:
    """Tags the same files by one process and by two, in turns.

    Returns:
        Medians over the rounds: seconds of sound tagged in a second of the whole command, the
        ratio of the two of a round, the ratio of their CPU times, and the load of the machine.
    """
    archive = _archive(folder / f"archive {files} {file_s:g}", files, file_s)
    audio_s = files * file_s
    load = os.getloadavg()[0]
    pairs = [(_timed(archive, 1), _timed(archive, 2)) for _ in range(rounds)]
    return {
        "audio_s": audio_s,
        "rounds": rounds,
        "load": load,
        "one_s_per_s": statistics.median(audio_s / one[0] for one, _ in pairs),
        "two_s_per_s": statistics.median(audio_s / two[0] for _, two in pairs),
        "speedup": statistics.median(one[0] / two[0] for one, two in pairs),
        "cpu_ratio": statistics.median(two[1] / one[1] for one, two in pairs),
    }


def _timed(archive: Path, jobs: int) -> tuple[float, float]:
    """Wall and CPU seconds of the command."""
    output = archive.with_suffix(".csv")
    before, begun_s = _children_cpu_s(), time.monotonic()
    subprocess.run(
        [*PROGRAM, "tag", str(archive), "--jobs", str(jobs), "--output", str(output), "--force"],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - begun_s, _children_cpu_s() - before


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _archive(folder: Path, files: int, file_s: float) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    length = round(file_s * _RATE_HZ)
    sound = np.resize(recordings(_RATE_HZ), length)  # again and again, to that length
    for index in range(files):
        path = folder / f"{index:04}.wav"
        if not path.exists():
            soundfile.write(path, sound, _RATE_HZ, subtype="PCM_16")
    return folder
