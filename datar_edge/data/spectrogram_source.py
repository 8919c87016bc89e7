"""Where spectrograms come from, one clip at a time: decoded from the recording, or from a cache.

Neither holds more than the clip that is asked for, so that memory does not grow with the set.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from datar_edge.audio.files import read_audio
from datar_edge.config import FbankConfig
from datar_edge.data.augment import Spectrogram
from datar_edge.data.dataset import Clip
from datar_edge.errors import DataError
from datar_edge.features import Fbank
from datar_edge.half_written import beside

_FORMAT = 2
"""Counted up when files of the cache are no longer what they were."""
_HEADER = np.dtype([("frames", "<i8"), ("mean", "<f8"), ("squares", "<f8")])
_VALUE = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Extent:
    """What is known of a spectrogram without its values.

    Attributes:
        frames: its length.
        mean: of its values.
        squares: sum of the squared differences from the mean.
    """

    frames: int
    mean: float
    squares: float

    @classmethod
    def of(cls, log_mel: Spectrogram) -> Extent:
        """The extent of `[frames, mels]`."""
        mean = float(log_mel.mean(dtype=np.float64))
        squares = float(((log_mel - mean) ** 2).sum(dtype=np.float64))
        return cls(len(log_mel), mean, squares)


class SpectrogramSource(Protocol):
    """Gives the log-mel spectrogram of a clip."""

    def read(self, clip: Clip) -> Spectrogram:
        """`[frames, mels]`, a new array.

        Raises:
            AudioError: the recording cannot be read.
        """
        ...

    def extent(self, clip: Clip) -> Extent:
        """What is known of it, without reading it where that can be.

        Raises:
            AudioError: the recording cannot be read.
        """
        ...


class Recordings:
    """Decodes a clip's part of its recording each time that it is asked for.

    Args:
        config: the front-end.
    """

    def __init__(self, config: FbankConfig) -> None:
        self.config = config
        self._fbank = Fbank(config)

    @torch.no_grad()
    def read(self, clip: Clip) -> Spectrogram:
        """See `SpectrogramSource`; what is shorter than a frame is filled up with silence."""
        waveform = read_audio(
            clip.path, self.config.sample_rate_hz, start_s=clip.start_s, duration_s=clip.duration_s
        )
        missing = self.config.frame_length_samples - len(waveform)
        padded = torch.from_numpy(np.pad(waveform, (0, max(0, missing))))
        with _one_thread():
            log_mel: Spectrogram = self._fbank(padded.unsqueeze(0)).squeeze(0).numpy()
        return log_mel

    def extent(self, clip: Clip) -> Extent:
        """See `SpectrogramSource`."""
        return Extent.of(self.read(clip))


class SpectrogramCache:
    """Files of a folder, one a clip, made when it is first asked for.

    A file's name follows from the recording's path, size and time of change, the part of it, and
    the front-end: what changes is made anew. Files are written beside their place and renamed, so
    several processes may share the folder, and a stopped one is gone on with.

    Args:
        folder: is made; may hold clips of other sets and front-ends.
        recordings: what computes the spectrograms.
    """

    def __init__(self, folder: Path, recordings: Recordings) -> None:
        self.folder = folder
        self._recordings = recordings
        self._mels = recordings.config.num_mel_bins
        self._front_end = json.dumps(asdict(recordings.config), sort_keys=True)

    def read(self, clip: Clip) -> Spectrogram:
        """See `SpectrogramSource`."""
        path = self._path(clip)
        extent = self._kept(path)
        if extent is None:
            return self._make(clip, path)[0]
        values: Spectrogram = np.fromfile(path, dtype=_VALUE, offset=_HEADER.itemsize)
        return values.reshape(extent.frames, self._mels)

    def extent(self, clip: Clip) -> Extent:
        """See `SpectrogramSource`."""
        path = self._path(clip)
        return self._kept(path) or self._make(clip, path)[1]

    def _path(self, clip: Clip) -> Path:
        try:
            state = clip.path.stat()
        except OSError:
            return self.folder / "missing"  # which is not there, so reading tells why
        part = (clip.start_s, clip.duration_s)
        told = (_FORMAT, os.fspath(clip.path.absolute()), state.st_size, state.st_mtime_ns, part)
        name = hashlib.sha256(f"{told}{self._front_end}".encode()).hexdigest()[:32]
        return self.folder / name[:2] / f"{name[2:]}.logmel"

    def _kept(self, path: Path) -> Extent | None:
        """What lies at a place; None where nothing does, or half of it after a power cut."""
        try:
            size = path.stat().st_size
            header = np.fromfile(path, dtype=_HEADER, count=1)
        except OSError:
            return None
        if len(header) != 1:
            return None
        extent = Extent(*header[0].item())
        whole = _HEADER.itemsize + extent.frames * self._mels * _VALUE.itemsize
        return extent if size == whole else None

    def _make(self, clip: Clip, path: Path) -> tuple[Spectrogram, Extent]:
        log_mel = self._recordings.read(clip)
        extent = Extent.of(log_mel)
        header = np.array((extent.frames, extent.mean, extent.squares), dtype=_HEADER)
        try:
            with beside(path) as partial:
                partial.write_bytes(header.tobytes() + log_mel.astype(_VALUE, copy=False).tobytes())
        except OSError as error:
            raise DataError(
                f"the spectrogram of {clip.path} cannot be kept in {self.folder}: {error.strerror}",
                fix="Make room, name another folder with --cache, or keep none with --no-cache.",
            ) from error
        return log_mel, extent


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """A convolution's last bits depend on the number of threads; processes that load have one."""
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
