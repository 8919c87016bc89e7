from __future__ import annotations

import math
import os
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from datar_edge.audio import AudioReader, find_audio_files, read_audio
from datar_edge.errors import AudioError

# suffix → libsndfile's format and subtype, and the rate Opus insists on
FORMATS = {
    "wav": ("WAV", "PCM_16", 44_100),
    "flac": ("FLAC", "PCM_16", 22_050),
    "ogg": ("OGG", "VORBIS", 44_100),
    "opus": ("OGG", "OPUS", 48_000),
    "mp3": ("MP3", "MPEG_LAYER_III", 44_100),
    "aiff": ("AIFF", "PCM_24", 96_000),
    "au": ("AU", "FLOAT", 8_000),
    "caf": ("CAF", "PCM_16", 44_100),
    "w64": ("W64", "PCM_16", 44_100),
    "rf64": ("RF64", "PCM_16", 44_100),
}


def write_format(folder: Path, suffix: str, *, seconds: float = 2.0, channels: int = 2) -> Path:
    file_format, subtype, rate_hz = FORMATS[suffix]
    rng = np.random.default_rng(1)
    samples = rng.uniform(-0.4, 0.4, (round(seconds * rate_hz), channels))
    path = folder / f"sound.{suffix}"
    soundfile.write(path, samples, rate_hz, format=file_format, subtype=subtype)
    return path


def cut_in_half(path: Path) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_any_format_becomes_mono_at_the_rate_asked_for(
    tmp_path: Path, suffix: str, rate_hz: int
) -> None:
    path = write_format(tmp_path, suffix)
    whole, native_hz = soundfile.read(path, dtype="float32", always_2d=True)
    expected = soxr.resample(whole.mean(axis=1, dtype=np.float32), native_hz, rate_hz)

    samples = read_audio(path, rate_hz)

    assert samples.dtype == np.float32
    assert samples.shape == (2 * rate_hz,)
    np.testing.assert_allclose(samples, expected, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_are_averaged(tmp_path: Path, channels: int) -> None:
    samples = np.random.default_rng(2).uniform(-1, 1, (5_000, channels)).astype(np.float32)
    path = tmp_path / "many.wav"
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    np.testing.assert_allclose(read_audio(path, 16_000), samples.mean(axis=1), atol=1e-7)


def test_real_recordings_are_whole(examples: Path, esc10: Path) -> None:
    for path in find_audio_files([examples, esc10 / "009 - Rooster"]):
        with AudioReader(path) as reader:
            samples = read_audio(path, 16_000)
            assert len(samples) == pytest.approx(reader.duration_s * 16_000, abs=1)


def test_a_part_is_what_lies_there(tmp_path: Path) -> None:
    path = write_format(tmp_path, "wav")
    whole = read_audio(path, 44_100)
    part = read_audio(path, 44_100, start_s=0.5, duration_s=0.25)
    np.testing.assert_array_equal(part, whole[22_050 : 22_050 + 11_025])
    rest = read_audio(path, 44_100, start_s=1.9, duration_s=10.0)
    np.testing.assert_array_equal(rest, whole[round(1.9 * 44_100) :])
    with pytest.raises(AudioError, match=r"has no sound at 2 s\. It is 2\.00 s long"):
        read_audio(path, 44_100, start_s=2.0)


def test_a_long_file_is_streamed(tmp_path: Path) -> None:
    rate_hz, seconds = 44_100, 120
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", rate_hz, 1, "PCM_16") as file:
        for second in range(seconds):
            file.write(np.full(rate_hz, second / 1_000))
    tracemalloc.start()
    try:
        with AudioReader(path) as reader:
            read = sum(len(block) for block in reader.blocks(16_000))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read == seconds * 16_000
    assert peak_bytes < 1_000_000  # the whole would be 7.7 MB at 16 kHz and 21 MB at its own rate


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_that_was_cut_off_is_refused(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = cut_in_half(write_format(tmp_path, suffix, seconds=4.0))
    with pytest.raises(AudioError) as raised:
        read_audio(path, 16_000)
    message = str(raised.value)
    assert message.startswith(str(path))
    if suffix == "caf":  # libsndfile itself refuses it
        assert "is broken or cut off" in message
    elif suffix in ("ogg", "opus"):
        assert "without the mark of its end" in message
    else:
        assert "its header says 4.00 s, " in message
    assert capfd.readouterr() == ("", "")  # libraries of C print nothing either


def test_how_much_of_a_cut_file_can_be_read_is_told(tmp_path: Path) -> None:
    path = write_format(tmp_path, "wav", seconds=4.0)
    content = path.read_bytes()
    header = content.index(b"data") + 8
    path.write_bytes(content[: header + 4 * 44_100])  # one second of two channels of 16 bits
    with pytest.raises(AudioError, match=r"its header says 4\.00 s, 1\.00 s can be read"):
        AudioReader(path)


def test_an_ogg_file_cut_within_its_last_page_is_refused(examples: Path, tmp_path: Path) -> None:
    path = tmp_path / "rain.ogg"
    path.write_bytes((examples / "rain.ogg").read_bytes()[:-10])
    with pytest.raises(AudioError, match="is cut off"):
        AudioReader(path)


def test_a_wav_file_of_unknown_length_is_read(tmp_path: Path) -> None:
    path = write_format(tmp_path, "wav")
    content = bytearray(path.read_bytes())
    size_at = content.index(b"data") + 4
    for length in (b"\xff\xff\xff\xff", b"\x00\xf0\xff\x7f"):  # as ffmpeg and sox write into pipes
        content[size_at : size_at + 4] = length
        path.write_bytes(content)
        assert len(read_audio(path, 16_000)) == 32_000


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("frame", [0, 40_000])
def test_a_sample_that_is_no_number_is_refused_with_its_time(
    tmp_path: Path, bad: float, frame: int
) -> None:
    samples = np.zeros((48_000, 2), np.float32)
    samples[frame, 1] = bad
    path = tmp_path / "bad.wav"
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    with pytest.raises(AudioError, match=rf"not a finite number, at {frame / 16_000:.3f} s"):
        read_audio(path, 8_000)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.wav", None, "does not exist"),
        ("empty.wav", b"", "is empty: 0 bytes"),
        ("text.wav", b"hello\n" * 100, "is not a sound file that libsndfile reads"),
        ("head.wav", b"RIFF\x00\x00\x00\x00WAVEfmt ", "is broken or cut off"),
        ("bare.raw", b"\x00" * 100, "has no header"),
    ],
)
def test_what_is_no_sound_is_refused(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioError, match=message) as raised:
        read_audio(path, 16_000)
    assert str(path) in raised.value.problem
    assert raised.value.fix


def test_a_file_without_samples_is_refused(write_sound: Callable[..., Path]) -> None:
    with pytest.raises(AudioError, match="holds no samples"):
        read_audio(write_sound("silent.wav", np.zeros(0)), 16_000)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="is a folder"):
        AudioReader(tmp_path)


def test_folders_are_searched_for_sound(tmp_path: Path) -> None:
    for name in ("b.WAV", "a.ogg", "deep/er/c.flac", "notes.txt", ".hidden.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    named = tmp_path / "notes.txt"
    found = find_audio_files([named, tmp_path, tmp_path / "a.ogg"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "notes.txt",  # named outright, so taken
        "a.ogg",
        "b.WAV",
        "deep/er/c.flac",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are Unicode")
def test_a_name_that_is_no_unicode_is_read(examples: Path, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/ra\xffin.ogg"))
    path.write_bytes((examples / "rain.ogg").read_bytes())
    np.testing.assert_array_equal(
        read_audio(path, 16_000), read_audio(examples / "rain.ogg", 16_000)
    )


def test_a_folder_without_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(AudioError, match="holds no sound files"):
        find_audio_files([tmp_path])
