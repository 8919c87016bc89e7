from __future__ import annotations

import io
import os
import pty
import threading
from collections.abc import Callable, Iterator
from typing import Any, get_args

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from datar_edge.audio import read_audio
from datar_edge.errors import AudioError, ConfigError, DeviceError
from datar_edge.listen.sources.intake import Intake
from datar_edge.listen.sources.source import Remark
from datar_edge.listen.sources.standard_input import SampleFormat, StandardInputSource

RATE_HZ = 16_000
Pipe = Callable[..., StandardInputSource]
SUBTYPES = {"s16le": "PCM_16", "s24le": "PCM_24", "s32le": "PCM_32", "f32le": "FLOAT"}


@pytest.fixture
def piped() -> Iterator[Pipe]:
    """A source that reads these bytes out of a pipe, in writes of that size."""
    descriptors = []
    threads = []

    def make(data: bytes, *, write_bytes: int = 4_096, **choices: Any) -> StandardInputSource:
        read, write = os.pipe()
        descriptors.append(read)

        def fill() -> None:
            with os.fdopen(write, "wb", buffering=0) as end:
                for start in range(0, len(data), write_bytes):
                    end.write(data[start : start + write_bytes])

        threads.append(threading.Thread(target=fill))
        threads[-1].start()
        choices.setdefault("sample_rate_hz", RATE_HZ)
        return StandardInputSource(file_number=read, **choices)

    yield make
    for thread in threads:
        thread.join()
    for descriptor in descriptors:
        os.close(descriptor)


def all_of(source: StandardInputSource, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    with source:
        heard = list(source.blocks(rate_hz))
    return np.concatenate([each for each in heard if isinstance(each, np.ndarray)])


@pytest.mark.parametrize("sample_format", get_args(SampleFormat))
@pytest.mark.parametrize("write_bytes", [1, 7, 4_096])
def test_it_hears_what_a_file_of_the_same_samples_holds(
    piped: Pipe, noise: Any, write_sound: Any, sample_format: str, write_bytes: int
) -> None:
    """libsndfile's own encoding and decoding is the reference."""
    stereo = noise(0.2, peak=1.0).reshape(-1, 2)
    encoded = io.BytesIO()
    subtype = SUBTYPES[sample_format]
    soundfile.write(encoded, stereo, RATE_HZ, subtype=subtype, format="RAW", endian="LITTLE")
    source = piped(
        encoded.getvalue(), write_bytes=write_bytes, sample_format=sample_format, channels=2
    )
    file = write_sound("same.wav", stereo, subtype=subtype)
    np.testing.assert_array_equal(all_of(source), read_audio(file, RATE_HZ))


def test_a_real_recording_at_its_own_rate(piped: Pipe, examples: Any) -> None:
    path = examples / "rooster.ogg"
    samples, rate_hz = soundfile.read(path, dtype="float32")
    source = piped(samples.tobytes(), sample_rate_hz=rate_hz, sample_format="f32le")
    np.testing.assert_array_equal(all_of(source), read_audio(path, RATE_HZ))


def test_one_channel_with_gain(piped: Pipe, noise: Any) -> None:
    stereo = noise(0.1).reshape(-1, 2)
    intake = Intake(channel=2, gain_db=-20.0)
    source = piped(stereo.tobytes(), sample_format="f32le", channels=2, intake=intake)
    np.testing.assert_allclose(all_of(source), 0.1 * stereo[:, 1], rtol=1e-6)


def test_what_is_less_than_a_frame_at_the_end_is_left_out(piped: Pipe) -> None:
    assert len(all_of(piped(bytes(4 * 10 + 3), channels=2))) == 10


def test_samples_that_are_no_numbers_count_as_zeros(piped: Pipe) -> None:
    samples = np.array([0.5, np.nan, -np.inf, 0.25], np.float32)
    with piped(samples.tobytes(), sample_format="f32le") as source:
        heard = list(source.blocks(RATE_HZ))
    assert np.concatenate([h for h in heard if isinstance(h, np.ndarray)]).tolist() == [
        0.5,
        0.0,
        0.0,
        0.25,
    ]
    assert sum(isinstance(each, Remark) for each in heard) == 1


@pytest.mark.parametrize("first_bytes", [1, 2, 3, 4, 104])
@pytest.mark.parametrize("head", [b"RIFF", b"fLaC", b"OggS"])
def test_a_file_with_a_header_is_refused(head: bytes, first_bytes: int) -> None:
    """Even where the pipe hands the header over in two pieces, the second after a while."""
    read, write = os.pipe()
    data = head + bytes(100)

    def rest() -> None:
        os.write(write, data[first_bytes:])
        os.close(write)

    os.write(write, data[:first_bytes])
    later = threading.Timer(0.05, rest)
    later.start()
    try:
        with (
            StandardInputSource(sample_rate_hz=RATE_HZ, file_number=read) as source,
            pytest.raises(AudioError, match=f"begins with '{head.decode()}'.* arecord -t raw"),
        ):
            list(source.blocks(RATE_HZ))
    finally:
        later.join()
        os.close(read)


def test_one_sample_is_heard_though_a_header_is_longer(piped: Pipe) -> None:
    assert len(all_of(piped(bytes(2)))) == 1


def test_an_empty_pipe_is_told(piped: Pipe) -> None:
    with piped(b"") as source, pytest.raises(AudioError, match="standard input is empty"):
        list(source.blocks(RATE_HZ))


def test_a_keyboard_is_refused() -> None:
    main, terminal = pty.openpty()
    try:
        with pytest.raises(AudioError, match="standard input is a terminal"):
            StandardInputSource(sample_rate_hz=RATE_HZ, file_number=terminal)
    finally:
        os.close(main)
        os.close(terminal)


def test_stopping_ends_it_while_nothing_comes() -> None:
    read, write = os.pipe()
    source = StandardInputSource(sample_rate_hz=RATE_HZ, file_number=read)
    heard: list[object] = []
    thread = threading.Thread(target=lambda: heard.extend(source.blocks(RATE_HZ)))
    thread.start()
    os.write(write, bytes(200))
    source.stop()
    source.stop()
    thread.join(timeout=30)
    assert not thread.is_alive()
    source.close()
    source.close()
    source.stop()
    os.close(read)
    os.close(write)


@pytest.mark.parametrize(
    ("choices", "error", "told"),
    [
        ({"sample_rate_hz": 0}, DeviceError, "sample rate of 0 Hz"),
        ({"sample_format": "u8"}, ConfigError, "'u8'. Allowed: s16le"),
        ({"channels": 0}, ConfigError, "number of channels is 0"),
        ({"channels": 2, "intake": Intake(channel=3)}, DeviceError, "channel 3 is not there"),
    ],
)
def test_wrong_choices_are_told(
    piped: Pipe, choices: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        piped(b"", **choices)


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"channel": 0}, "the channel is 0. Channels count from 1"),
        ({"gain_db": 61.0}, "the gain is 61.0 dB"),
        ({"gain_db": float("nan")}, "the gain is nan dB"),
    ],
)
def test_a_wrong_channel_or_gain_is_told(choices: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Intake(**choices)
