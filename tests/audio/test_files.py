"""Sound files of all kinds, whole and broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from datar_edge.audio.files import AudioReader, find_audio_files, read_audio
from datar_edge.errors import AudioError

Write = Callable[..., Path]


def chirp(seconds: float, rate_hz: int = 44_100) -> np.ndarray:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return 0.5 * np.sin(2 * np.pi * (200 + 400 * time) * time)


EXACT = [
    ("a.wav", "PCM_16"),
    ("a.wav", "PCM_24"),
    ("a.wav", "FLOAT"),
    ("a.wav", "PCM_U8"),
    ("a.flac", "PCM_16"),
    ("a.aiff", "PCM_16"),
]
LOSSY = [("a.ogg", "VORBIS"), ("a.mp3", "MPEG_LAYER_III")]
CASES = [(*form, rate, n) for form in EXACT for rate in (8_000, 44_100, 48_000) for n in (1, 2, 5)]
CASES += [(*form, rate, n) for form in LOSSY for rate in (16_000, 44_100) for n in (1, 2)]


@pytest.mark.parametrize(("name", "subtype", "rate_hz", "channels"), CASES)
def test_reads_formats_rates_and_channels(
    tmp_path: Path, name: str, subtype: str, rate_hz: int, channels: int
) -> None:
    sound = chirp(1.3, rate_hz)
    gains = 1.0 + 0.2 * (np.arange(channels) - (channels - 1) / 2)  # their mean is 1
    soundfile.write(tmp_path / name, 0.5 * sound[:, None] * gains, rate_hz, subtype=subtype)
    samples = read_audio(tmp_path / name, 16_000)
    expected = 0.5 * soxr.resample(sound, rate_hz, 16_000)
    assert samples.dtype == np.float32
    if (name, subtype) in EXACT:
        assert len(samples) == len(expected)
        assert np.abs(samples - expected).max() <= (2e-2 if subtype == "PCM_U8" else 1e-4)
    else:  # encoders delay and pad, and keep the power
        assert abs(len(samples) - len(expected)) <= 2_500
        assert samples.std() == pytest.approx(expected.std(), rel=0.05)


def test_a_stream_is_the_same_as_the_whole(write_sound: Write) -> None:
    """Streaming resampling against soxr on all samples at once."""
    sound = chirp(7.0).astype(np.float32)
    path = write_sound(sound, "a.flac", 44_100)
    stored, _ = soundfile.read(path, dtype="float32")
    expected = soxr.resample(stored, 44_100, 16_000)
    with AudioReader(path) as reader:
        blocks = list(reader.blocks(16_000))
    assert len(blocks) > 5
    assert np.abs(np.concatenate(blocks) - expected).max() <= 1e-6


def test_reads_a_part(write_sound: Write) -> None:
    path = write_sound(np.arange(16_000) / 32_768, "a.wav")
    part = read_audio(path, 16_000, start_s=0.25, duration_s=0.5)
    assert part * 32_768 == pytest.approx(np.arange(4_000, 12_000))
    with pytest.raises(AudioError, match="no sound at 2 s"):
        read_audio(path, 16_000, start_s=2.0)


def broken(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "broken.wav"
    sound = chirp(2.0, 16_000).astype(np.float32)
    if kind == "folder":
        path.mkdir()
    elif kind == "no bytes":
        path.touch()
    elif kind == "no samples":
        soundfile.write(path, sound[:0], 16_000)
    elif kind == "text":
        path.write_text("this is no sound at all, " * 20)
    elif kind == "cut off":
        soundfile.write(path, sound, 16_000)
        path.write_bytes(path.read_bytes()[:20_000])
    elif kind == "cut off ogg":
        path = path.with_suffix(".ogg")
        soundfile.write(path, chirp(10.0), 44_100)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "not finite":
        sound[16_000] = np.nan
        soundfile.write(path, sound, 16_000, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("missing", "does not exist"),
        ("folder", "is a folder"),
        ("no bytes", "0 bytes"),
        ("no samples", "no samples"),
        ("text", "is not a sound file"),
        ("cut off", r"is cut off: its header says 2\.00 s, 0\.6\d s can be read"),
        ("cut off ogg", "is cut off"),
        ("not finite", r"not a finite number, at 1\.000 s"),
    ],
)
def test_broken_files_are_told(tmp_path: Path, kind: str, told: str) -> None:
    with pytest.raises(AudioError, match=told):
        read_audio(broken(tmp_path, kind), 16_000)


def test_finds_sound_in_folders(tmp_path: Path, write_sound: Write) -> None:
    (tmp_path / "sub").mkdir()
    sound = np.zeros(10)
    wanted = [write_sound(sound, name) for name in ("b.wav", "sub/a.flac")]
    write_sound(sound, ".hidden.wav")
    (tmp_path / "notes.txt").write_text("no sound")
    assert find_audio_files([tmp_path]) == wanted
    assert find_audio_files([tmp_path / "notes.txt"]) == [tmp_path / "notes.txt"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(AudioError, match="holds no sound files"):
        find_audio_files([tmp_path / "empty"])


def test_reads_the_examples(real_sounds: list[Path]) -> None:
    lengths = [len(read_audio(path, 16_000)) / 16_000 for path in real_sounds]
    assert len(lengths) >= 4
    assert all(0.5 < length < 10.0 for length in lengths)
