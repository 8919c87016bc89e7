"""Sound files as streams of mono float32 samples at the rate that is wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from datar_edge.audio.resample import Resampler
from datar_edge.audio.truncation import ogg_is_cut_off, promised_share
from datar_edge.closing import Closing
from datar_edge.errors import AudioError
from datar_edge.native_log import native_log_held

AUDIO_SUFFIXES = frozenset(
    {".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp2", ".mp3", ".oga", ".ogg", ".opus"}
    | {".rf64", ".snd", ".w64", ".wav", ".wave"}
)
"""Names that are taken for sound when a folder is searched; a file named outright may have any."""

_BLOCK_FRAMES = 32_768
_LENGTH_SLACK_S = 0.1
"""Compressed formats round the length in their header to frames of theirs."""
_FOREIGN_FORMATS = (1, 4)
"""libsndfile's SF_ERR_UNRECOGNISED_FORMAT and SF_ERR_UNSUPPORTED_ENCODING."""

_CONVERT = "Convert it first, for instance: ffmpeg -i {name} {stem}-converted.wav"
_REPAIR = "Copy it again, or keep what is there: ffmpeg -i {name} {stem}-whole.wav"


class AudioReader(Closing):
    """One sound file, open for reading from start to end; never held in memory whole.

    Args:
        path: a file of any format, rate and number of channels that libsndfile reads.

    Raises:
        AudioError: missing, a folder, unreadable, not sound, empty, or cut off by its header.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        _check_readable(self.path)
        self._sound = _open(self.path)
        try:
            self._check_whole()
        except AudioError:
            self._sound.close()
            raise

    @property
    def sample_rate_hz(self) -> int:
        """Rate of the file."""
        return int(self._sound.samplerate)

    @property
    def duration_s(self) -> float:
        """Length in seconds by the file's header."""
        return float(self._sound.frames / self._sound.samplerate)

    def blocks(
        self, sample_rate_hz: int, *, start_s: float = 0.0, duration_s: float | None = None
    ) -> Iterator[NDArray[np.float32]]:
        """The sound, or a part of it, from start to end.

        Args:
            sample_rate_hz: rate wanted.
            start_s: where to begin in the file.
            duration_s: how much to read at most; None for all.

        Yields:
            float32 `[n]` in [-1, 1] (a float file may exceed it), channels averaged.

        Raises:
            AudioError: a sample is not finite, decoding ends before the header's length, or
                `start_s` lies past the end.
        """
        rate = self.sample_rate_hz
        start = round(start_s * rate)
        end = self._sound.frames if duration_s is None else start + round(duration_s * rate)
        if not 0 <= start < self._sound.frames:
            raise AudioError(
                f"{self.path} has no sound at {start_s:g} s",
                fix=f"It is {self.duration_s:.2f} s long.",
            )
        resampler = Resampler(from_hz=rate, to_hz=sample_rate_hz)
        for mono in self._native_blocks(start, min(end, self._sound.frames)):
            yield resampler.push(mono)
        rest = resampler.push(np.empty(0, np.float32), last=True)
        if len(rest):
            yield rest

    def close(self) -> None:
        """Closes the file."""
        self._sound.close()

    def _native_blocks(self, start: int, end: int) -> Iterator[NDArray[np.float32]]:
        position = start
        if start:  # a damaged FLAC file fails to seek even to where it is
            self._seek(start)
        while position < end:
            block = self._read(position, min(end - position, _BLOCK_FRAMES))
            if not len(block):
                break
            mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
            self._check_finite(mono, position)
            position += len(mono)
            yield np.ascontiguousarray(mono)
        if position < end - _LENGTH_SLACK_S * self.sample_rate_hz:
            raise self._cut_off(self._sound.frames, at=position)

    def _seek(self, position: int) -> None:
        try:
            self._sound.seek(position)
        except soundfile.LibsndfileError as error:
            raise AudioError(
                f"{self.path} is broken: it cannot be read from "
                f"{position / self.sample_rate_hz:.2f} s on",
                fix=_advice(_REPAIR, self.path),
            ) from error

    def _read(self, position: int, frames: int) -> NDArray[np.float32]:
        try:
            block: NDArray[np.float32] = self._sound.read(frames, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise self._cut_off(self._sound.frames, at=position) from error
        return block

    def _check_finite(self, mono: NDArray[np.float32], position: int) -> None:
        finite = np.isfinite(mono)
        if not finite.all():
            second = (position + int(np.argmin(finite))) / self.sample_rate_hz
            raise AudioError(
                f"{self.path} has a sample that is not a finite number, at {second:.3f} s",
                fix="Write it again as 16-bit, or mend the program that made it.",
            )

    def _check_whole(self) -> None:
        frames = self._sound.frames
        if frames <= 0:
            raise AudioError(f"{self.path} is empty: it holds no samples", fix="Record it again.")
        share = promised_share(self._sound.extra_info)
        if share > 1.0:
            raise self._cut_off(round(frames * share), at=frames)
        if self._sound.format == "OGG" and ogg_is_cut_off(self.path):
            raise AudioError(
                f"{self.path} is cut off: it breaks off after {self.duration_s:.2f} s "
                "without the mark of its end",
                fix=_advice(_REPAIR, self.path),
            )

    def _cut_off(self, frames: int, *, at: int) -> AudioError:
        rate = self.sample_rate_hz
        return AudioError(
            f"{self.path} is cut off: its header says {frames / rate:.2f} s, "
            f"{at / rate:.2f} s can be read",
            fix=_advice(_REPAIR, self.path),
        )


def read_audio(
    path: str | os.PathLike[str],
    sample_rate_hz: int,
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
) -> NDArray[np.float32]:
    """A whole sound file, or a part of it, at once.

    Args:
        path: a file of any format that libsndfile reads.
        sample_rate_hz: rate wanted.
        start_s: where to begin in the file.
        duration_s: how much to read at most; None for all.

    Returns:
        float32 `[samples]`, channels averaged.

    Raises:
        AudioError: missing, not sound, empty, cut off or not finite.
    """
    with AudioReader(path) as reader:
        blocks = reader.blocks(sample_rate_hz, start_s=start_s, duration_s=duration_s)
        return np.concatenate(list(blocks))


def find_audio_files(paths: Iterable[Path]) -> list[Path]:
    """Files as they are given; folders replaced by the sound files below them, sorted by name.

    Raises:
        AudioError: a folder holds no file with a suffix of `AUDIO_SUFFIXES`.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(_below(path) if path.is_dir() else [path]))
    return list(found)


def _below(folder: Path) -> list[Path]:
    files = sorted(
        Path(root, name)
        for root, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in AUDIO_SUFFIXES and not name.startswith(".")
    )
    if not files:
        raise AudioError(
            f"{folder} holds no sound files",
            fix=f"Looked for {', '.join(sorted(AUDIO_SUFFIXES))}; name other files one by one.",
        )
    return files


def _check_readable(path: Path) -> None:
    if path.is_dir():
        raise AudioError(f"{path} is a folder", fix="Name a sound file in it.")
    try:
        with path.open("rb") as file:
            head = file.read(1)
    except FileNotFoundError as error:
        raise AudioError(f"{path} does not exist", fix="Check the path.") from error
    except OSError as error:
        raise AudioError(
            f"{path} cannot be read: {error.strerror}", fix="Check the file's permissions."
        ) from error
    if not head:
        raise AudioError(f"{path} is empty: 0 bytes", fix="Record or copy it again.")


def _open(path: Path) -> soundfile.SoundFile:
    try:
        with native_log_held():
            # A name on POSIX is bytes of any kind, which soundfile would encode as strict UTF-8.
            return soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else path)
    except soundfile.LibsndfileError as error:
        if error.code in _FOREIGN_FORMATS:
            problem, fix = "is not a sound file that libsndfile reads", _CONVERT
        else:
            problem, fix = "is broken or cut off", _REPAIR
        raise AudioError(
            f"{path} {problem}: {error.error_string}", fix=_advice(fix, path)
        ) from error
    except TypeError as error:  # soundfile takes .raw for headerless sound of unknown rate
        raise AudioError(
            f"{path} has no header that tells its rate", fix=_advice(_CONVERT, path)
        ) from error


def _advice(text: str, path: Path) -> str:
    return text.format(name=path.name, stem=path.stem)
