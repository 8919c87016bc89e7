from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from datar_edge.errors import DeviceError
from datar_edge.listen.microphone import MicrophoneSource

RATE_HZ = 16_000
BLOCK = 1_600


class FakeStream:
    """A device that the test speaks for; `speak` is called as PortAudio's thread would."""

    def __init__(self, *, callback, **settings: object) -> None:
        self.settings = settings
        self.active = True
        self.started = False
        self.closed = False
        self._callback = callback

    def start(self) -> None:
        self.started = True

    def close(self) -> None:
        self.closed = True

    def speak(self, samples: NDArray[np.float32]) -> None:
        memory = samples.copy()
        self._callback(memory, len(memory), None, None)
        memory[:] = np.nan  # PortAudio uses it again


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    device = {"name": "Mic", "hostapi": 0, "max_input_channels": 2, "default_samplerate": RATE_HZ}
    module = SimpleNamespace(
        default=SimpleNamespace(device=[0, 0]),
        query_devices=lambda: [device],
        query_hostapis=lambda: [{"name": "ALSA"}],
        InputStream=FakeStream,
        PortAudioError=type("PortAudioError", (Exception,), {}),
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


def speech(blocks: int) -> NDArray[np.float32]:
    """Stereo sound `[frames, 2]`, each block of which is louder than the one before."""
    levels = np.arange(1, blocks + 1, dtype=np.float32) / 100
    return np.repeat(np.stack([levels, 3 * levels], axis=1), BLOCK, axis=0)


def test_what_is_recorded_is_heard_in_mono(portaudio: SimpleNamespace) -> None:
    said = speech(4)
    with MicrophoneSource() as source:
        stream = source._stream
        assert stream.settings["channels"] == 2
        assert stream.settings["samplerate"] == RATE_HZ
        for block in np.split(said, 4):
            stream.speak(block)
        heard = source.blocks(RATE_HZ)
        blocks = [next(heard) for _ in range(4)]
        assert stream.started
        source.stop()
        blocks += list(heard)
    assert stream.closed
    np.testing.assert_allclose(np.concatenate(blocks), said.mean(axis=1), atol=1e-7)
    assert source.dropped_s == 0.0


def test_the_newest_sound_wins_and_what_is_lost_is_counted(portaudio: SimpleNamespace) -> None:
    said = speech(60)
    with MicrophoneSource() as source:
        for block in np.split(said, 60):
            source._stream.speak(block)
        heard = source.blocks(RATE_HZ)
        blocks = [next(heard) for _ in range(51)]  # what was lost comes as one block of zeros
        source.stop()
    assert source.dropped_s == pytest.approx(1.0)
    expected = said.mean(axis=1)
    expected[:RATE_HZ] = 0.0
    np.testing.assert_allclose(np.concatenate(blocks), expected, atol=1e-7)


def test_the_rate_is_that_of_the_model(portaudio: SimpleNamespace) -> None:
    with MicrophoneSource() as source:
        heard = source.blocks(8_000)
        total = 0
        for block in np.split(speech(10), 10):
            source._stream.speak(block)
            total += len(next(heard))
        source.stop()
        total += sum(len(block) for block in heard)
    assert total == 8_000


def test_a_device_that_is_gone_is_told(portaudio: SimpleNamespace) -> None:
    with MicrophoneSource() as source:
        source._stream.active = False
        with pytest.raises(DeviceError, match="'Mic' gives no sound any more"):
            list(source.blocks(RATE_HZ))


def test_a_device_that_is_busy_is_told(
    portaudio: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise portaudio.PortAudioError("Device unavailable [PaErrorCode -9985]")

    monkeypatch.setattr(portaudio, "InputStream", refuse)
    with pytest.raises(DeviceError, match="cannot be opened: Device unavailable"):
        MicrophoneSource()
