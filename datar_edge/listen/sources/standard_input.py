"""Raw sound on standard input, from a program that records."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from datar_edge.closing import Closing
from datar_edge.errors import AudioError, ConfigError
from datar_edge.listen.sources.intake import FiniteResampler, Intake, checked_rate
from datar_edge.listen.sources.source import Heard, Remark

SampleFormat = Literal["s16le", "s24le", "s32le", "f32le"]
"""Names as ffmpeg and PulseAudio give them: signed or float, bits, little-endian."""

MAX_CHANNELS = 64
_BYTES: dict[SampleFormat, int] = {"s16le": 2, "s24le": 3, "s32le": 4, "f32le": 4}
_READ_S = 0.1
_HEADERS = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM", b".snd")


class StandardInputSource(Closing):
    """Hears raw samples, with the channels of each moment side by side, from a pipe.

    Args:
        sample_rate_hz: of the samples.
        sample_format: how a sample is written.
        channels: how many there are.
        intake: channel and gain; by default the mean of all channels as they are.
        fast: the pipe waits for the model, instead of sound being skipped.
        file_number: what to read from.

    Attributes:
        name: "standard input".
        live: unless `fast`.

    Raises:
        ConfigError: a value is out of its range.
        DeviceError: the rate is no rate of sound, or the channel is not there.
        AudioError: nothing is connected but a keyboard.
    """

    name = "standard input"

    def __init__(
        self,
        *,
        sample_rate_hz: int,
        sample_format: SampleFormat = "s16le",
        channels: int = 1,
        intake: Intake | None = None,
        fast: bool = False,
        file_number: int = 0,
    ) -> None:
        if sample_format not in _BYTES:
            raise ConfigError(
                f"the sample format is {sample_format!r}",
                fix=f"Allowed: {', '.join(get_args(SampleFormat))}.",
            )
        if not 1 <= channels <= MAX_CHANNELS:
            raise ConfigError(
                f"the number of channels is {channels}", fix=f"Allowed: 1 to {MAX_CHANNELS}."
            )
        if os.isatty(file_number):
            raise AudioError(
                "standard input is a terminal",
                fix="Pipe sound into it: arecord -t raw -f S16_LE -r 16000 | datar-edge listen "
                "--input - --input-rate 16000",
            )
        self.live = not fast
        self._rate_hz = checked_rate(sample_rate_hz, name=self.name)
        self._format: SampleFormat = sample_format
        self._channels = channels
        self._intake = intake or Intake()
        self._intake.check(channels, name=self.name)
        self._file = file_number
        self._stopped = False
        self._wake_read, self._wake_write = os.pipe()
        self._closed = False

    @property
    def sample_rate_hz(self) -> int:
        """See `Source`."""
        return self._rate_hz

    def blocks(self, sample_rate_hz: int) -> Iterator[Heard]:
        """See `Source.blocks`."""
        resampler = FiniteResampler(from_hz=self._rate_hz, to_hz=sample_rate_hz)
        for frames in self._frames():
            before = resampler.replaced
            yield resampler.push(self._intake.mono(frames))
            if resampler.replaced and not before:
                yield Remark("gives samples that are not finite numbers: they count as zeros")
        yield resampler.end()

    def stop(self) -> None:
        """See `Source.stop`."""
        if not self._stopped and not self._closed:
            self._stopped = True
            os.write(self._wake_write, b".")

    def close(self) -> None:
        """See `Source.close`; standard input itself stays open."""
        if not self._closed:
            self._closed = True
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _frames(self) -> Iterator[NDArray[np.float32]]:
        """Float32 `[n, channels]`; what is less than a frame at the end is left out."""
        frame_bytes = self._channels * _BYTES[self._format]
        block_bytes = round(_READ_S * self._rate_hz) * frame_bytes
        kept, begun = b"", False
        ended = False
        while not ended:
            read = self._read(block_bytes)
            ended = not read
            kept += read
            if not begun:
                # Nothing is given out before a header would have been seen whole: a pipe may
                # hand over three bytes and the fourth later.
                if len(kept) < len(_HEADERS[0]) and not ended:
                    continue
                _check_raw(kept)
                begun = bool(kept)
            whole = len(kept) - len(kept) % frame_bytes
            if whole:
                yield self._decoded(kept[:whole]).reshape(-1, self._channels)
                kept = kept[whole:]
        if not begun and not self._stopped:
            raise AudioError("standard input is empty", fix="Check the program that records.")

    def _read(self, count: int) -> bytes:
        """Up to that many bytes; none where the sound ends or `stop` was called."""
        ready, _, _ = select.select([self._file, self._wake_read], [], [])
        return b"" if self._stopped or self._file not in ready else os.read(self._file, count)

    def _decoded(self, data: bytes) -> NDArray[np.float32]:
        if self._format == "f32le":
            return np.frombuffer(data, "<f4").astype(np.float32)
        if self._format == "s24le":
            padded = np.zeros((len(data) // 3, 4), np.uint8)
            padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            return (padded.view("<i4")[:, 0] / 2.0**31).astype(np.float32)
        bits = 8 * _BYTES[self._format]
        return (np.frombuffer(data, f"<i{bits // 8}") / 2.0 ** (bits - 1)).astype(np.float32)


def _check_raw(head: bytes) -> None:
    if head.startswith(_HEADERS):
        kind = head[:4].decode()
        raise AudioError(
            f"standard input holds a file that begins with {kind!r}, not raw samples",
            fix="Write raw ones: arecord -t raw, ffmpeg -f s16le, sox -t raw.",
        )
