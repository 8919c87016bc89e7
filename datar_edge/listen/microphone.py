"""A microphone as a source."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.resample import Resampler
from datar_edge.closing import Closing
from datar_edge.errors import DeviceError
from datar_edge.listen.devices import find_device, load_sounddevice
from datar_edge.native_log import native_log_held

_log = logging.getLogger(__name__)

_BLOCK_S = 0.1
_QUEUE_BLOCKS = 50
_SILENT_DEVICE_S = 5.0
_POLL_S = 0.2
_MAX_CHANNELS = 2


class MicrophoneSource(Closing):
    """Records from an input device at its own rate.

    What cannot be taken in time is lost from its oldest end, five seconds back.

    Args:
        device: number or name; None for the default.

    Raises:
        DeviceError: no PortAudio, no such device, or it cannot be opened.
    """

    def __init__(self, device: str | None = None) -> None:
        info = find_device(device)
        self.name = info.name
        _log.info("microphone: %s", info)
        self._rate_hz = info.sample_rate_hz
        self._queue: queue.Queue[tuple[int, NDArray[np.float32]]] = queue.Queue(_QUEUE_BLOCKS)
        self._recorded = 0
        self._dropped = 0
        self._stopped = threading.Event()
        self._stream = self._open(info.index, min(info.channels, _MAX_CHANNELS))

    @property
    def dropped_s(self) -> float:
        """See `Source.dropped_s`."""
        return self._dropped / self._rate_hz

    def blocks(self, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
        """See `Source.blocks`."""
        resampler = Resampler(from_hz=self._rate_hz, to_hz=sample_rate_hz)
        position = 0
        for start, block in self._recorded_blocks():
            if start > position:
                yield resampler.push(np.zeros(start - position, np.float32))
            yield resampler.push(block)
            position = start + len(block)
        yield resampler.push(np.empty(0, np.float32), last=True)

    def stop(self) -> None:
        """See `Source.stop`."""
        self._stopped.set()

    def close(self) -> None:
        """See `Source.close`."""
        self._stream.close()

    def _open(self, index: int, channels: int) -> Any:
        sounddevice = load_sounddevice()
        try:
            with native_log_held():
                return sounddevice.InputStream(
                    device=index,
                    channels=channels,
                    samplerate=self._rate_hz,
                    blocksize=round(_BLOCK_S * self._rate_hz),
                    dtype="float32",
                    callback=self._take,
                )
        except (sounddevice.PortAudioError, ValueError) as error:
            raise DeviceError(
                f"the input device {self.name!r} cannot be opened: {error}",
                fix="It may be in use; datar-edge devices lists the others.",
            ) from error

    def _take(self, recorded: NDArray[np.float32], frames: int, _time: Any, _status: Any) -> None:
        """Called by PortAudio's thread; `recorded` `[frames, channels]` is its own memory."""
        entry = (self._recorded, recorded.mean(axis=1, dtype=np.float32))
        self._recorded += frames
        if self._queue.full():
            self._dropped += len(self._queue.get_nowait()[1])
        self._queue.put_nowait(entry)

    def _recorded_blocks(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        self._stream.start()
        waited_s = 0.0
        while not self._stopped.is_set():
            try:
                entry = self._queue.get(timeout=_POLL_S)
            except queue.Empty:
                waited_s += _POLL_S
                if waited_s >= _SILENT_DEVICE_S or not self._stream.active:
                    raise DeviceError(
                        f"the input device {self.name!r} gives no sound any more",
                        fix="Check that it is plugged in; datar-edge devices lists what is.",
                    ) from None
                continue
            waited_s = 0.0
            yield entry
