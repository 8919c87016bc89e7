"""Reads sound files of any format, rate and channel count that libsndfile knows, by blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from datar_edge.errors import AudioError

Samples = NDArray[np.float32]

EXTENSIONS = frozenset(f".{name.lower()}" for name in soundfile.available_formats()) | {
    ".aif",
    ".oga",
    ".opus",
}
"""Extensions, lower case with the dot, of files that are taken from a folder."""

_BLOCK_SAMPLES = 65_536


class Resampler:
    """Streams mono samples from one rate to another with soxr's high quality.

    Args:
        from_hz: rate of what comes in.
        to_hz: rate of what goes out.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = (
            None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32")
        )

    def __call__(self, samples: Samples, *, last: bool = False) -> Samples:
        """`[n]` samples give those that are ready, `[m]`; with `last` all that are left."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), dtype=np.float32)


def read_blocks(
    path: Path, sample_rate_hz: int, *, start_s: float = 0.0, duration_s: float | None = None
) -> Iterator[Samples]:
    """Streams a file as mono float32 blocks at the wanted rate; it is never held whole.

    Args:
        path: the file.
        sample_rate_hz: rate wanted.
        start_s: where to begin.
        duration_s: how much to read, None for all.

    Yields:
        float32 `[n]`, the mean of the channels.

    Raises:
        AudioError: the file is missing, not audio, empty, truncated, or holds values that are
            not finite.
    """
    with _open(path) as file:
        first = round(start_s * file.samplerate)
        wanted = file.frames - first
        if duration_s is not None:
            wanted = min(wanted, round(duration_s * file.samplerate))
        if wanted <= 0:
            raise AudioError(f"{path} has no samples{f' after {start_s} s' if start_s else ''}")
        file.seek(first)
        resample = Resampler(file.samplerate, sample_rate_hz)
        done = 0
        while done < wanted:
            block = _read(file, path, min(_BLOCK_SAMPLES, wanted - done))
            if not len(block):
                raise AudioError(
                    f"{path} is truncated: {(first + done) / file.samplerate:.2f} s could be read "
                    f"of {file.frames / file.samplerate:.2f} s",
                    fix="Take the file again from its source.",
                )
            _check_finite(block, path, (first + done) / file.samplerate)
            done += len(block)
            mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
            yield resample(np.ascontiguousarray(mono), last=done >= wanted)


def read_audio(
    path: Path, sample_rate_hz: int, *, start_s: float = 0.0, duration_s: float | None = None
) -> Samples:
    """Reads a whole short file as mono float32 `[samples]` at the wanted rate.

    Args:
        path: the file.
        sample_rate_hz: rate wanted.
        start_s: where to begin.
        duration_s: how much to read, None for all.

    Raises:
        AudioError: as `read_blocks`.
    """
    blocks = read_blocks(path, sample_rate_hz, start_s=start_s, duration_s=duration_s)
    return np.concatenate(list(blocks))


def duration_s(path: Path) -> float:
    """Seconds of sound that a file's header promises.

    Raises:
        AudioError: the file is missing or not audio.
    """
    with _open(path) as file:
        return float(file.frames / file.samplerate)


def _open(path: Path) -> soundfile.SoundFile:
    if not path.exists():
        raise AudioError(f"there is no file {path}", fix="Check the path.")
    if path.is_dir():
        raise AudioError(f"{path} is a folder", fix="Give a sound file.")
    if path.stat().st_size == 0:
        raise AudioError(f"{path} is empty (0 bytes)", fix="Give a file with sound in it.")
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, OSError, TypeError) as error:
        reason = getattr(error, "error_string", str(error)).rstrip(".")
        raise AudioError(
            f"{path} cannot be read as sound: {reason}",
            fix="WAV, FLAC, OGG, MP3 and other formats of libsndfile are read.",
        ) from error
    if file.frames <= 0:
        file.close()
        raise AudioError(f"{path} holds no samples", fix="Give a file with sound in it.")
    return file


def _read(file: soundfile.SoundFile, path: Path, count: int) -> NDArray[np.float32]:
    try:
        block: NDArray[np.float32] = file.read(count, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"{path} breaks off at {file.tell() / file.samplerate:.2f} s: {error.error_string}",
            fix="Take the file again from its source.",
        ) from error
    return block


def _check_finite(block: NDArray[np.float32], path: Path, start_s: float) -> None:
    finite = np.isfinite(block).all(axis=1)
    if not finite.all():
        at_s = start_s  # the block's start is near enough to find it by ear
        raise AudioError(
            f"{path} holds samples that are not finite (NaN or infinite), after {at_s:.2f} s",
            fix="Write the file again from its source.",
        )
