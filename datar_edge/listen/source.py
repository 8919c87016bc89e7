"""Where sound comes from: a file, as fast as it can be read or in real time, or a microphone."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import Resampler, read_blocks
from datar_edge.listen.devices import InputDevice, device_error, find_device, portaudio

Samples = NDArray[np.float32]

_BLOCK_S = 0.1
_WAIT_S = 0.2
"""How long a read waits before it looks whether the device is still there."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of sound.

    Attributes:
        samples: mono float32 `[n]` at the stream's rate.
        lost: samples that came before these and were dropped.
    """

    samples: Samples
    lost: int = 0


class Source(Protocol):
    """Gives blocks of sound until it ends or is closed."""

    def blocks(self, sample_rate_hz: int) -> Iterator[Block]:
        """Streams mono sound at that rate.

        Raises:
            AudioError: a file is broken.
            DeviceError: a device cannot be opened.
        """
        ...


class FileSource:
    """A sound file.

    Args:
        path: the file.
        fast: as fast as it can be read; else as it would be heard.
    """

    def __init__(self, path: Path, *, fast: bool = True) -> None:
        self.path = path
        self.fast = fast

    def blocks(self, sample_rate_hz: int) -> Iterator[Block]:
        """See `Source.blocks`."""
        if self.fast:
            yield from (Block(samples) for samples in read_blocks(self.path, sample_rate_hz))
            return
        began_s, position = time.monotonic(), 0
        step = max(1, round(_BLOCK_S * sample_rate_hz))
        for samples in read_blocks(self.path, sample_rate_hz):
            for start in range(0, len(samples), step):
                part = samples[start : start + step]
                position += len(part)
                ahead_s = began_s + position / sample_rate_hz - time.monotonic()
                time.sleep(max(0.0, ahead_s))
                yield Block(part)


class MicrophoneSource:
    """An input device, by PortAudio.

    Sound waits in a queue of bounded length. When it is full the oldest goes, and how much went
    is told with the next block, so that times stay right.

    Args:
        device: name, part of it, or number; None for the default.
        channel: which channel, from 0.
        buffer_s: seconds of sound that may wait.
    """

    def __init__(
        self, device: str | int | None = None, *, channel: int = 0, buffer_s: float = 10.0
    ) -> None:
        self.device: InputDevice = find_device(device, channel=channel)
        self.channel = channel
        self._waiting: queue.Queue[Samples] = queue.Queue(
            maxsize=max(1, round(buffer_s / _BLOCK_S))
        )
        self._lost = 0

    def blocks(self, sample_rate_hz: int) -> Iterator[Block]:
        """See `Source.blocks`."""
        sounddevice = portaudio()
        native_hz = self.device.sample_rate_hz
        resample = Resampler(native_hz, sample_rate_hz)
        try:
            stream = sounddevice.InputStream(
                device=self.device.index,
                samplerate=native_hz,
                channels=self.channel + 1,
                blocksize=round(_BLOCK_S * native_hz),
                dtype="float32",
                callback=self._heard,
            )
            with stream:
                while stream.active:
                    yield from self._next(resample, sample_rate_hz / native_hz)
        except sounddevice.PortAudioError as error:
            raise device_error(self.device, error) from error

    def _heard(self, block: Samples, _frames: int, _time: Any, _status: Any) -> None:
        """Called by PortAudio in its own thread, which must never wait."""
        samples = block[:, self.channel].copy()
        while True:
            try:
                self._waiting.put_nowait(samples)
                return
            except queue.Full:
                try:
                    self._lost += len(self._waiting.get_nowait())
                except queue.Empty:
                    continue

    def _next(self, resample: Resampler, ratio: float) -> Iterator[Block]:
        try:
            samples = self._waiting.get(timeout=_WAIT_S)
        except queue.Empty:
            return
        lost, self._lost = self._lost, 0
        yield Block(resample(samples), lost=round(lost * ratio))
