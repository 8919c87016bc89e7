"""docs/own-sounds.md is true: its commands, as they stand there, on a small set."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from datar_edge.audio import read_audio

REPOSITORY = Path(__file__).parents[2]
TUTORIAL = REPOSITORY / "docs" / "own-sounds.md"
BUNDLED = REPOSITORY / "datar_edge" / "bundled"
RATE_HZ = 16_000

DOORBELLS = ("sounds/bell.oga", "verification/perc_bell.ogg", "verification/LRRing_01_LA.ogg")
DOGS = ("verification/LRBark_1_LA_cut.ogg", "calibration/LRBark_3_LA_cut.ogg")
OTHERS = ("loop_amen_full", "guit_em9", "door_close", "vinyl_hiss", "LRRain_in_garden_01_LA_cut")


def blocks() -> list[str]:
    """The shell blocks of the document, in order."""
    return re.findall(r"^```sh\n(.*?)^```", TUTORIAL.read_text(encoding="utf-8"), re.M | re.S)


def _varied(sound: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
    """The same at another distance, pace and time, in a room that is not quite silent."""
    pace = rng.uniform(0.93, 1.07)
    times = np.arange(0, len(sound) - 1, pace)
    heard = np.interp(times, np.arange(len(sound)), sound) * rng.uniform(0.2, 0.9)
    room = rng.normal(0.0, 1e-3, 3 * RATE_HZ)
    start = int(rng.integers(0, RATE_HZ // 2))
    heard = heard[: len(room) - start]
    room[start : start + len(heard)] += heard
    return np.clip(room, -1.0, 1.0)


def _kettle(rng: np.random.Generator) -> NDArray[np.float32]:
    """A whistle that rises over hissing steam."""
    times = np.arange(2 * RATE_HZ) / RATE_HZ
    pitch_hz = rng.uniform(1_800, 2_600) + 300 * times
    whistle = 0.2 * np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ)
    return np.asarray(whistle + rng.normal(0.0, 0.05, len(times)), dtype=np.float32)


def _record(folder: Path) -> None:
    """Three labels, uneven, and others."""
    rng = np.random.default_rng(7)
    doorbells = [read_audio(BUNDLED / name, RATE_HZ) for name in DOORBELLS]
    dogs = [read_audio(BUNDLED / name, RATE_HZ) for name in DOGS]
    dogs.append(read_audio(REPOSITORY / "examples" / "dog.ogg", RATE_HZ))
    others = [read_audio(BUNDLED / "verification" / f"{name}.ogg", RATE_HZ) for name in OTHERS]
    made = {
        "recordings/doorbell": [doorbells[number % 3] for number in range(12)],
        "recordings/dog": [dogs[number % 3] for number in range(6)],
        "recordings/kettle": [_kettle(rng) for _ in range(9)],
        "others": [*others, *[0.1 * rng.standard_normal(30 * RATE_HZ)]],
    }
    for name, sounds in made.items():
        (folder / name).mkdir(parents=True)
        for number, sound in enumerate(sounds, start=1):
            path = folder / name / f"{number:02d}.wav"
            soundfile.write(path, _varied(sound, rng), RATE_HZ)


def test_the_document_has_the_steps() -> None:
    commands = [line.split()[1] for block in blocks() for line in block.splitlines()]
    assert commands == ["train", "export", "info", "evaluate", "tag", "listen"]


@pytest.mark.slow
def test_the_tutorial_runs_as_written(tmp_path: Path) -> None:
    _record(tmp_path)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    printed: dict[str, str] = {}
    for block in blocks():
        for line in block.splitlines():
            done = subprocess.run(
                ["bash", "-euc", line],
                cwd=tmp_path,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
                check=False,
                timeout=1_800,
            )
            assert done.returncode == 0, f"{line}\n{done.stderr}"
            printed[line.split()[1]] = done.stdout
    counts = [line.split() for line in printed["train"].splitlines()[:5]]
    assert counts[1:4] == [["dog", "4", "2"], ["doorbell", "9", "3"], ["kettle", "7", "2"]]
    assert counts[4] == ["negatives", "5", "1"]
    assert re.search(r"class_top1 \d.*class_quiet \d", printed["train"])
    assert "negatives" in printed["info"]
    assert "ESC-10" in printed["info"]  # whose data the start goes back to
    rows = {line.split()[0]: line.split() for line in printed["evaluate"].splitlines() if line}
    assert [rows[label][1] for label in ("dog", "doorbell", "kettle", "all")] == [
        *("2", "3", "2"),
        "7",
    ]
    assert float(rows["all"][2].rstrip("%")) > 60.0  # a guess among three gets 33
    assert printed["tag"].count("doorbell") >= 12
    assert "doorbell" in printed["listen"]
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (config["start"], config["negatives"], config["val_folds"]) == ("bundled", "others", [5])
