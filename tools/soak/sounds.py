"""Real recordings, as long as a measurement needs them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from datar_edge.audio.files import find_audio_files, read_audio

ROOT = Path(__file__).parents[2]
LABELLED_RATE_HZ = 16_000


def recordings(rate_hz: int) -> NDArray[np.float32]:
    """The recordings of examples/, one behind the other."""
    paths = find_audio_files([ROOT / "examples"])
    return np.concatenate([read_audio(path, rate_hz) for path in paths])


def long_file(path: Path, seconds: float, rate_hz: int) -> Path:
    """Writes the recordings again and again, as 16-bit WAV; kept where it is long enough."""
    if path.exists() and soundfile.info(path).duration >= seconds:
        return path
    sound = recordings(rate_hz)
    left = round(seconds * rate_hz)
    partial = path.with_name(f".{path.name}.part")
    with soundfile.SoundFile(partial, "w", rate_hz, 1, subtype="PCM_16", format="WAV") as file:
        while left > 0:
            file.write(sound[:left])
            left -= len(sound)
    partial.replace(path)
    return path


def labelled(folder: Path) -> Path:
    """Two labels of six recordings each, parts of those in examples/, in a folder a label."""
    sound = recordings(LABELLED_RATE_HZ)
    for index, part in enumerate(np.array_split(sound, 12)):
        path = folder / ("Rain", "Rooster")[index % 2] / f"{index:02}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, part, LABELLED_RATE_HZ, subtype="PCM_16")
    return folder
