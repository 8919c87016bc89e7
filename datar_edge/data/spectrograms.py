"""Clips as log-mel spectrograms in memory, and the examples that training draws from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from datar_edge.audio.files import read_audio
from datar_edge.config import FbankConfig
from datar_edge.data import augment
from datar_edge.data.augment import AugmentConfig, Spectrogram
from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.errors import AudioError, DataError
from datar_edge.features import Fbank
from datar_edge.features.fbank import LOG_FLOOR


@dataclass(frozen=True, kw_only=True)
class SpectrogramSet:
    """All clips of a set in memory.

    Attributes:
        heads: labels by head.
        clips: the clips that could be read.
        log_mels: `[frames, mels]` a clip.
        targets: class index `[clips]` by head.
        unreadable: why each of the others could not.
    """

    heads: Mapping[str, tuple[str, ...]]
    clips: tuple[Clip, ...]
    log_mels: tuple[Spectrogram, ...]
    targets: Mapping[str, NDArray[np.int64]]
    unreadable: tuple[str, ...]

    def normalisation(self) -> tuple[float, float]:
        """Mean and deviation over all values of all clips."""
        count = sum(x.size for x in self.log_mels)
        mean = sum(float(x.sum(dtype=np.float64)) for x in self.log_mels) / count
        square = sum(float(((x - mean) ** 2).sum(dtype=np.float64)) for x in self.log_mels)
        return mean, max((square / count) ** 0.5, 1e-3)


@torch.no_grad()
def load_spectrograms(
    clip_set: ClipSet,
    config: FbankConfig,
    *,
    progress: Callable[[Sequence[Clip]], Iterator[Clip]] = iter,
) -> SpectrogramSet:
    """Reads all clips of a set and computes their log-mel spectrograms.

    Args:
        clip_set: what to read.
        config: the front-end.
        progress: wraps the clips in a progress bar.

    Raises:
        DataError: not one clip could be read.
    """
    fbank = Fbank(config)
    kept: list[Clip] = []
    log_mels: list[Spectrogram] = []
    unreadable: list[str] = []
    for clip in progress(clip_set.clips):
        try:
            waveform = read_audio(
                clip.path, config.sample_rate_hz, start_s=clip.start_s, duration_s=clip.duration_s
            )
        except AudioError as error:
            unreadable.append(str(error))
            continue
        missing = config.frame_length_samples - len(waveform)
        padded = np.pad(waveform, (0, max(0, missing)))
        kept.append(clip)
        log_mels.append(fbank(torch.from_numpy(padded).unsqueeze(0)).squeeze(0).numpy())
    if not kept:
        raise DataError(
            f"no clip of {clip_set.name} could be read, of {len(clip_set.clips)}",
            fix=unreadable[0] if unreadable else "Check the folder.",
        )
    targets = {
        head: np.array([labels.index(clip.targets[head]) for clip in kept], dtype=np.int64)
        for head, labels in clip_set.heads.items()
    }
    return SpectrogramSet(
        heads=clip_set.heads,
        clips=tuple(kept),
        log_mels=tuple(log_mels),
        targets=targets,
        unreadable=tuple(unreadable),
    )


NO_POWER = -60.0
"""Stands for digital silence while examples are made: no gain lifts it above the floor."""


@dataclass(frozen=True)
class ExampleKey:
    """Which example: everything random about it follows from this and the run's seed."""

    epoch: int
    index: int


class TrainingExamples(Dataset[tuple[Tensor, dict[str, Tensor]]]):
    """Augmented crops with soft targets.

    Args:
        clips: the training clips.
        frames: frames of one example.
        config: how strongly to change them.
        mean: the training mean, which masks are filled with.
        seed: the run's seed.
    """

    def __init__(
        self,
        clips: SpectrogramSet,
        *,
        frames: int,
        config: AugmentConfig,
        mean: float,
        seed: int,
    ) -> None:
        self.clips = clips
        self.log_mels = tuple(
            np.where(log_mel <= LOG_FLOOR + 1e-3, np.float32(NO_POWER), log_mel)
            for log_mel in clips.log_mels
        )
        self.frames = frames
        self.config = config
        self.mean = mean
        self.seed = seed

    def __len__(self) -> int:
        return len(self.clips.clips)

    def __getitem__(self, key: ExampleKey) -> tuple[Tensor, dict[str, Tensor]]:
        """`[frames, mels]` and, by head, a distribution over the labels."""
        rng = np.random.default_rng((self.seed, key.epoch, key.index))
        example = self._crop(key.index, rng)
        targets = self._one_hot(key.index)
        if rng.random() < self.config.mix_p:
            other = int(rng.integers(len(self)))
            share = float(rng.uniform(0.0, 1.0))
            example = augment.mix(example, self._crop(other, rng), share)
            second = self._one_hot(other)
            targets = {h: share * targets[h] + (1.0 - share) * second[h] for h in targets}
        if rng.random() < self.config.noise_p:
            example = augment.add_noise(example, rng)
        example = np.maximum(example, np.float32(LOG_FLOOR))
        example = augment.mask(example, self.config, rng, fill=self.mean)
        return torch.from_numpy(example), targets

    def _crop(self, index: int, rng: np.random.Generator) -> Spectrogram:
        clip = self.log_mels[index]
        example = augment.crop(clip, self.frames, self.config, rng, floor=NO_POWER)
        return augment.colour(example, self.config, rng)

    def _one_hot(self, index: int) -> dict[str, Tensor]:
        targets = {}
        for head, labels in self.clips.heads.items():
            targets[head] = torch.zeros(len(labels))
            targets[head][int(self.clips.targets[head][index])] = 1.0
        return targets


class ClipWindows(Dataset[tuple[Tensor, int]]):
    """All windows of all clips, for validation: `[frames, mels]` and the clip's index.

    An index below 0 is silence of no clip, which makes shares of the windows equally long.

    Windows are those of `datar_edge.audio.windows` in frames; what lies past a clip's end is
    silence.

    Args:
        clips: the validation clips.
        frames: frames of one window.
        hop_frames: frames between windows.
    """

    def __init__(self, clips: SpectrogramSet, *, frames: int, hop_frames: int) -> None:
        self.clips = clips
        self.frames = frames
        self.windows = [
            (index, start)
            for index, log_mel in enumerate(clips.log_mels)
            for start in range(0, max(1, len(log_mel) - frames + hop_frames), hop_frames)
        ]

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, item: int) -> tuple[Tensor, int]:
        if item < 0:
            return torch.full((self.frames, self.clips.log_mels[0].shape[1]), LOG_FLOOR), item
        index, start = self.windows[item]
        part = self.clips.log_mels[index][start : start + self.frames]
        missing = self.frames - len(part)
        padded = np.pad(part, ((0, missing), (0, 0)), constant_values=np.float32(LOG_FLOOR))
        return torch.from_numpy(padded), index
