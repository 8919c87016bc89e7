"""A microphone as a source, which may be unplugged and come back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from itertools import chain, repeat

from datar_edge.closing import Closing
from datar_edge.errors import DeviceError
from datar_edge.listen.sources.devices import (
    InputDevice,
    find_again,
    find_device,
    refresh_devices,
)
from datar_edge.listen.sources.intake import FiniteResampler, Intake
from datar_edge.listen.sources.recorder import Recorded, Recorder, boot_clock_s
from datar_edge.listen.sources.source import Gap, Heard, Remark

_log = logging.getLogger(__name__)

_SILENT_DEVICE_S = 2.0
"""A device that gives no block for so long is lost."""
_POLL_S = 0.2
_BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits before one looks for a lost device; the last one again and again."""
_SLEPT_S = 1.0
"""The clocks that run and that stand still in sleep differ by less while the machine is awake."""
_NOTICED_S = 0.05
"""Times of arrival tell no shorter loss."""
_MAX_MIXED = 2
"""Channels that are averaged at most: further ones are seldom microphones."""


class MicrophoneSource(Closing):
    """Records from an input device at its own rate.

    A device that is lost is looked for by its name until it is back; the default device, if none
    is named, is whatever is the default by then.

    Args:
        device: number or name; None for the default.
        intake: channel and gain; by default the mean of the first two channels as they are.

    Attributes:
        name: of the device.
        live: always.

    Raises:
        DeviceError: no PortAudio, no such device or channel, or it cannot be opened.
    """

    live = True

    def __init__(self, device: str | None = None, *, intake: Intake | None = None) -> None:
        self._intake = intake or Intake()
        found = find_device(device)
        self._wanted = None if device is None else found
        self.name = found.name
        self._stopped = threading.Event()
        self._recorder = self._started(found)
        self._previous: Recorded | None = None
        self._last_arrived_s = boot_clock_s()

    @property
    def sample_rate_hz(self) -> int:
        """See `Source`."""
        return self._recorder.sample_rate_hz

    def blocks(self, sample_rate_hz: int) -> Iterator[Heard]:
        """See `Source.blocks`."""
        first = self._next()
        while True:
            yield from self._until_lost(first, sample_rate_hz)
            if self._stopped.is_set():
                return
            yield Gap(lost_s=0.0, state="device_lost", reason="gives no sound")
            first = self._found_again()
            if first is None:
                return
            missed_s = first.arrived_s - self._length_s(first) - self._last_arrived_s
            yield Gap(lost_s=max(0.0, missed_s), state="device_back", reason="is heard again")

    def stop(self) -> None:
        """See `Source.stop`."""
        self._stopped.set()

    def close(self) -> None:
        """See `Source.close`."""
        self._recorder.close()

    def _until_lost(self, block: Recorded | None, sample_rate_hz: int) -> Iterator[Heard]:
        resampler = self._resampler(sample_rate_hz)
        while block is not None:
            gap = self._gap_before(block)
            if gap is not None:
                yield resampler.end()
                yield gap
                resampler = self._resampler(sample_rate_hz)
            before = resampler.replaced
            yield resampler.push(self._intake.mono(block.frames))
            if resampler.replaced and not before:
                yield Remark("gives samples that are not finite numbers: they count as zeros")
            self._previous, self._last_arrived_s = block, block.arrived_s
            block = self._next()
        yield resampler.end()

    def _gap_before(self, block: Recorded) -> Gap | None:
        before, self._previous = self._previous, None
        if before is None:
            return None
        unread = block.start - before.start - len(before.frames)
        if unread:
            return Gap(lost_s=unread / self.sample_rate_hz, reason="sound was not read in time")
        passed_s = block.arrived_s - before.arrived_s
        missed_s = passed_s - self._length_s(block)
        if passed_s - (block.awake_s - before.awake_s) > _SLEPT_S:
            return Gap(lost_s=max(0.0, missed_s), reason="the machine slept")
        if block.overflowed and missed_s > _NOTICED_S:
            return Gap(lost_s=missed_s, reason="the driver lost sound")
        return None

    def _next(self) -> Recorded | None:
        """The next block; None where the device is lost or `stop` was called."""
        polls = round(_SILENT_DEVICE_S / _POLL_S)
        for _ in range(polls):
            if self._stopped.is_set():
                return None
            block = self._recorder.read(_POLL_S)
            if block is not None:
                return block
            if not self._recorder.active:
                return None
        return None

    def _found_again(self) -> Recorded | None:
        """The first block of the device that is back; None where `stop` was called."""
        for wait_s in chain(_BACK_OFF_S, repeat(_BACK_OFF_S[-1])):
            self._recorder.close()
            if self._stopped.wait(wait_s):
                return None
            try:
                refresh_devices()
                found = find_device(None) if self._wanted is None else find_again(self._wanted)
                self._recorder = self._started(found)
            except DeviceError as error:
                _log.info("the microphone is not back: %s", error)
                continue
            self.name, self._previous = found.name, None
            first = self._next()
            if first is not None:
                return first
        raise AssertionError("the waits never end")

    def _started(self, device: InputDevice) -> Recorder:
        _log.info("microphone: %s", device)
        self._intake.check(device.channels, name=device.name)
        recorder = Recorder(device, self._intake.channel or min(device.channels, _MAX_MIXED))
        try:
            recorder.start()
        except DeviceError:
            recorder.close()
            raise
        return recorder

    def _resampler(self, sample_rate_hz: int) -> FiniteResampler:
        return FiniteResampler(from_hz=self.sample_rate_hz, to_hz=sample_rate_hz)

    def _length_s(self, block: Recorded) -> float:
        return len(block.frames) / self.sample_rate_hz
