"""A PortAudio that the test speaks for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

RATE_HZ = 16_000
BLOCK = 1_600


class PortAudioError(Exception):
    """As sounddevice's own."""


class FakeStream:
    """A stream of a device; `speak` is called as PortAudio's thread would."""

    def __init__(
        self,
        *,
        portaudio: FakePortAudio,
        callback: Callable[..., None],
        finished_callback: Callable[[], None],
        **settings: Any,
    ) -> None:
        self.settings = settings
        self.active = False
        self.closed = False
        self._portaudio = portaudio
        self._callback = callback
        self._finished = finished_callback

    def start(self) -> None:
        self.active = True
        self._portaudio.on_start(self)

    def close(self, ignore_errors: bool = True) -> None:
        assert ignore_errors
        self.active = False
        self.closed = True

    def speak(self, samples: NDArray[np.float32], *, overflow: bool = False) -> None:
        """`samples` `[n, channels]` are recorded."""
        assert self.active
        memory = samples.copy()
        self._callback(memory, len(memory), None, SimpleNamespace(input_overflow=overflow))
        memory[:] = 7.0  # PortAudio uses it again

    def vanish(self) -> None:
        """The device is unplugged."""
        self.active = False
        self._finished()


class FakePortAudio(SimpleNamespace):
    """What `import sounddevice` gives: one microphone, unless the test says otherwise."""

    def __init__(self) -> None:
        super().__init__(
            devices=[self.device("Mic")],
            streams=[],
            refreshed=0,
            refused_rates=set(),
            default=SimpleNamespace(device=[0, 0]),
            PortAudioError=PortAudioError,
            on_start=lambda _: None,
        )

    @staticmethod
    def device(name: str, *, channels: int = 2, rate_hz: float = RATE_HZ) -> dict[str, Any]:
        return {
            "name": name,
            "hostapi": 0,
            "max_input_channels": channels,
            "default_samplerate": rate_hz,
        }

    def query_devices(self) -> list[dict[str, Any]]:
        return self.devices

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "ALSA"}]

    def InputStream(self, **settings: Any) -> FakeStream:  # noqa: N802 (sounddevice's name)
        if settings["samplerate"] in self.refused_rates:
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")
        self.streams.append(FakeStream(portaudio=self, **settings))
        return self.streams[-1]

    def _terminate(self) -> None:
        assert all(stream.closed for stream in self.streams), "a stream is open"

    def _initialize(self) -> None:
        self.refreshed += 1


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    module = FakePortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


@pytest.fixture
def stereo() -> Callable[[int], NDArray[np.float32]]:
    """Stereo sound `[frames, 2]` of so many blocks, each louder than the one before."""

    def make(blocks: int) -> NDArray[np.float32]:
        levels = np.arange(1, blocks + 1, dtype=np.float32) / 100
        return np.repeat(np.stack([levels, 3 * levels], axis=1), BLOCK, axis=0)

    return make
