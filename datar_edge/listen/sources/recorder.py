"""One open input stream of PortAudio, and the queue of what it records."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.closing import Closing
from datar_edge.errors import DeviceError
from datar_edge.listen.sources.devices import InputDevice, load_sounddevice
from datar_edge.listen.sources.intake import checked_rate
from datar_edge.native_log import native_log_held

_BLOCK_S = 0.1
_QUEUE_BLOCKS = 50
_OTHER_RATES_HZ = (48_000, 44_100, 32_000, 16_000)
"""Tried in turn where a device refuses the rate that PortAudio calls its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A block of sound.

    Attributes:
        frames: float32 `[n, channels]`.
        start: frames that the stream recorded before it, the lost ones included.
        overflowed: sound was lost in the driver before it, nobody knows how much.
        arrived_s: when it arrived, by a clock that also runs while the machine sleeps.
        awake_s: the same by a clock that does not.
    """

    frames: NDArray[np.float32]
    start: int
    overflowed: bool
    arrived_s: float
    awake_s: float


def boot_clock_s() -> float:
    """Seconds, those in which the machine sleeps included where the system tells them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def awake_clock_s() -> float:
    """Seconds, those in which the machine sleeps left out where the system can."""
    return time.monotonic()


class Recorder(Closing):
    """Records from a device until it is closed or the device is gone.

    Args:
        device: what to record from.
        channels: how many channels to record.

    Attributes:
        sample_rate_hz: rate at which it records.

    Raises:
        DeviceError: the device cannot be opened: busy, gone, or it takes no rate that is known.
    """

    def __init__(self, device: InputDevice, channels: int) -> None:
        self._sounddevice = load_sounddevice()
        self._device = device
        self._channels = channels
        self._recorded = 0
        self._queue: queue.Queue[Recorded | None] = queue.Queue(_QUEUE_BLOCKS)
        self.sample_rate_hz, self._stream = self._opened()

    def start(self) -> None:
        """Begins to record.

        Raises:
            DeviceError: the device refuses.
        """
        try:
            self._stream.start()
        except self._sounddevice.PortAudioError as error:
            raise _refused(self._device.name, error) from error

    def read(self, timeout_s: float) -> Recorded | None:
        """The next block; None where the device is gone or gives nothing for so long."""
        try:
            return self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None

    @property
    def active(self) -> bool:
        """Whether PortAudio says that it records."""
        try:
            return bool(self._stream.active)
        except self._sounddevice.PortAudioError:
            return False

    def close(self) -> None:
        """Gives the device back."""
        try:
            self._stream.close(ignore_errors=True)
        except self._sounddevice.PortAudioError:  # it is gone already
            return

    def _opened(self) -> tuple[int, Any]:
        own = checked_rate(self._device.sample_rate_hz, name=repr(self._device.name))
        refusals: list[DeviceError] = []
        for rate_hz in dict.fromkeys((own, *_OTHER_RATES_HZ)):
            try:
                return rate_hz, self._open(rate_hz)
            except DeviceError as error:  # noqa: PERF203 (a handful of rates)
                refusals.append(error)
        raise refusals[0]

    def _open(self, rate_hz: int) -> Any:
        try:
            with native_log_held():
                return self._sounddevice.InputStream(
                    device=self._device.index,
                    channels=self._channels,
                    samplerate=rate_hz,
                    blocksize=round(_BLOCK_S * rate_hz),
                    dtype="float32",
                    callback=self._take,
                    finished_callback=self._finish,
                )
        except (self._sounddevice.PortAudioError, ValueError) as error:
            raise _refused(self._device.name, error) from error

    def _take(self, recorded: NDArray[np.float32], frames: int, _time: Any, status: Any) -> None:
        """Called by PortAudio's thread; `recorded` `[frames, channels]` is its own memory."""
        block = Recorded(
            frames=recorded.copy(),
            start=self._recorded,
            overflowed=bool(status and status.input_overflow),
            arrived_s=boot_clock_s(),
            awake_s=awake_clock_s(),
        )
        self._recorded += frames
        self._put(block)

    def _finish(self) -> None:
        """Called by PortAudio's thread when it stops recording."""
        self._put(None)

    def _put(self, block: Recorded | None) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(block)


def _refused(name: str, error: Exception) -> DeviceError:
    return DeviceError(
        f"the input device {name!r} cannot be opened: {error}",
        fix="It may be in use; datar-edge devices lists the others.",
    )
