"""A data set as log-mel spectrograms, of which no more is in memory than what is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from datar_edge.config import FbankConfig
from datar_edge.data.augment import Spectrogram
from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.data.spectrogram_source import (
    Extent,
    Recordings,
    SpectrogramCache,
    SpectrogramSource,
)
from datar_edge.errors import AudioError, DataError

NO_LABEL = -1
"""Class index of a negative."""


@dataclass(frozen=True, kw_only=True)
class SpectrogramSet:
    """The clips of a set that could be read, with what is known of their spectrograms.

    Attributes:
        heads: labels by head.
        mels: values of a frame.
        clips: the clips that could be read.
        extents: length and moments of each one's spectrogram.
        targets: class index `[clips]` by head, `NO_LABEL` for negatives.
        unreadable: why each of the others could not be read.
        source: gives their values.
    """

    heads: Mapping[str, tuple[str, ...]]
    mels: int
    clips: tuple[Clip, ...]
    extents: tuple[Extent, ...]
    targets: Mapping[str, NDArray[np.int64]]
    unreadable: tuple[str, ...]
    source: SpectrogramSource

    def log_mel(self, index: int) -> Spectrogram:
        """The spectrogram of a clip, `[frames, mels]`, a new array.

        Raises:
            AudioError: the recording can no longer be read.
        """
        return self.source.read(self.clips[index])

    def normalisation(self) -> tuple[float, float]:
        """Mean and deviation over all values of all clips."""
        frames = np.array([extent.frames for extent in self.extents], dtype=np.float64)
        means = np.array([extent.mean for extent in self.extents])
        mean = float((frames * means).sum() / frames.sum())
        squares = sum(extent.squares for extent in self.extents)
        squares += float((frames * self.mels * (means - mean) ** 2).sum())
        return mean, max(float(squares / (frames.sum() * self.mels)) ** 0.5, 1e-3)


def load_spectrograms(
    clip_set: ClipSet,
    config: FbankConfig,
    *,
    cache: Path | None = None,
    workers: int = 0,
    progress: Callable[[Sequence[Clip]], Iterator[Clip]] = iter,
) -> SpectrogramSet:
    """Goes once through all clips, so that what cannot be read is known before training begins.

    Args:
        clip_set: what to read.
        config: the front-end.
        cache: folder that spectrograms are kept in, 4 bytes a value; None decodes the recordings
            each time they are asked for.
        workers: processes that share the work; 0 does it in this one.
        progress: wraps the clips in a progress bar.

    Raises:
        DataError: not one clip could be read, or the cache cannot be written.
    """
    recordings = Recordings(config)
    source = SpectrogramCache(cache, recordings) if cache else recordings
    kept: list[Clip] = []
    extents: list[Extent] = []
    unreadable: list[str] = []
    found = _extents(clip_set.clips, source, workers)
    for clip, extent in zip(progress(clip_set.clips), found, strict=True):
        if isinstance(extent, Extent):
            kept.append(clip)
            extents.append(extent)
        elif isinstance(extent, str):
            unreadable.append(extent)
        else:
            raise DataError(extent.problem, fix=extent.fix)
    if not kept:
        raise DataError(
            f"no clip of {clip_set.name} could be read, of {len(clip_set.clips)}",
            fix=unreadable[0] if unreadable else "Check the folder.",
        )
    return SpectrogramSet(
        heads=clip_set.heads,
        mels=config.num_mel_bins,
        clips=tuple(kept),
        extents=tuple(extents),
        targets={
            head: _class_indices(kept, head, labels) for head, labels in clip_set.heads.items()
        },
        unreadable=tuple(unreadable),
        source=source,
    )


def _class_indices(clips: Sequence[Clip], head: str, labels: Sequence[str]) -> NDArray[np.int64]:
    index = {label: number for number, label in enumerate(labels)}
    found = (index[clip.targets[head]] if clip.targets else NO_LABEL for clip in clips)
    return np.fromiter(found, dtype=np.int64, count=len(clips))


_Found: TypeAlias = Extent | str | DataError
"""What is known of a clip, why it cannot be read, or why nothing can be kept."""


class _Extents(Dataset[_Found]):
    def __init__(self, clips: Sequence[Clip], source: SpectrogramSource) -> None:
        self._clips = clips
        self._source = source

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, index: int) -> _Found:
        try:
            return self._source.extent(self._clips[index])
        except AudioError as error:
            return str(error)
        except DataError as error:
            return error  # raised in a worker, it would come back as a traceback in words


def _extents(clips: Sequence[Clip], source: SpectrogramSource, workers: int) -> DataLoader[_Found]:
    """In the order of the clips, each as soon as it is known."""
    return DataLoader(
        _Extents(clips, source),
        batch_size=None,
        num_workers=workers,
        collate_fn=_as_it_is,
        # One of its own, as it draws from it: the run's weights must not depend on that.
        generator=torch.Generator(),
    )


def _as_it_is(found: Any) -> Any:
    return found
