"""Damaged sound files: each is read to its end at the model's rate, as `tag` does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from datar_edge.audio.files import AudioReader
from datar_edge.errors import DatarEdgeError
from tools.fuzz import damage

RATE_HZ = 16_000
LONGEST_S = 3_600.0
"""What is read of one file; a header that was damaged may tell of years."""
FORMATS = {
    "pcm16.wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"),
    "ulaw.wav": ("WAV", "ULAW"),
    "adpcm.wav": ("WAV", "IMA_ADPCM"),
    "pcm24.aiff": ("AIFF", "PCM_24"),
    "pcm16.flac": ("FLAC", "PCM_16"),
    "vorbis.ogg": ("OGG", "VORBIS"),
    "opus.opus": ("OGG", "OPUS"),
    "layer3.mp3": ("MP3", "MPEG_LAYER_III"),
    "pcm16.au": ("AU", "PCM_16"),
    "pcm16.caf": ("CAF", "PCM_16"),
    "pcm16.w64": ("W64", "PCM_16"),
    "pcm16.rf64": ("RF64", "PCM_16"),
}

KINDS = damage.KINDS


def write_sources(sound: NDArray[np.float32], folder: Path) -> list[Path]:
    """A sound, float32 `[n]` at `RATE_HZ`, in each format that is damaged."""
    paths = []
    for name, (container, encoding) in FORMATS.items():
        paths.append(folder / name)
        soundfile.write(paths[-1], sound, RATE_HZ, format=container, subtype=encoding)
    return paths


def essential_size(content: bytes) -> int:
    """Bytes that must be whole for the file to be used: sound may be what it likes."""
    return len(content)


def outcome(path: Path) -> tuple[str, str]:
    """How reading it whole, and reading its second half, ended.

    Returns:
        The first error's name and what it told, or "ran" and how much was read.
    """
    try:
        whole_s, half_s = (_read_s(path, share) for share in (0.0, 0.5))
    except DatarEdgeError as error:
        return type(error).__name__ if "\n" not in str(error) else "escaped", str(error)
    return "ran", f"{whole_s:.3f} s and {half_s:.3f} s"


def _read_s(path: Path, share: float) -> float:
    samples = 0
    with AudioReader(path) as reader:
        for block in reader.blocks(RATE_HZ, start_s=share * reader.duration_s):
            assert block.dtype == np.float32
            assert np.isfinite(block).all()
            samples += len(block)
            if samples > LONGEST_S * RATE_HZ:
                break
    return samples / RATE_HZ
