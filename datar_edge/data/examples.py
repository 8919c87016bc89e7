"""Examples that training draws from clips, and the windows that it measures on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from datar_edge.data import augment
from datar_edge.data.augment import AugmentConfig, Spectrogram
from datar_edge.data.spectrograms import NO_LABEL, SpectrogramSet
from datar_edge.features.fbank import LOG_FLOOR

NO_POWER = -60.0
"""Stands for digital silence while examples are made: no gain lifts it above the floor."""

_SILENT = LOG_FLOOR + 1e-3


@dataclass(frozen=True)
class ExampleKey:
    """Which example: everything random about it follows from this and the run's seed.

    Attributes:
        epoch: of the run.
        index: of the clip.
        draw: how often the clip was drawn before in this epoch.
    """

    epoch: int
    index: int
    draw: int = 0


def by_label(clips: SpectrogramSet) -> tuple[NDArray[np.int64], ...]:
    """Indices of the clips of each label of the first head that has any; negatives count as one."""
    targets = next(iter(clips.targets.values()))
    return tuple(np.flatnonzero(targets == label) for label in np.unique(targets))


class TrainingExamples(Dataset[tuple[Tensor, dict[str, Tensor]]]):
    """Augmented crops with soft targets.

    A negative's target is the same for every label: a softmax cannot say less.

    Args:
        clips: the training clips.
        frames: frames of one example.
        config: how strongly to change them.
        mean: the training mean, which masks are filled with.
        seed: the run's seed.
        balanced: whether the second clip of a mix is of any label equally likely, instead of any
            clip.
    """

    def __init__(
        self,
        clips: SpectrogramSet,
        *,
        frames: int,
        config: AugmentConfig,
        mean: float,
        seed: int,
        balanced: bool = False,
    ) -> None:
        self.clips = clips
        self.frames = frames
        self.config = config
        self.mean = mean
        self.seed = seed
        self._groups = by_label(clips) if balanced else None

    def __len__(self) -> int:
        return len(self.clips.clips)

    def __getitem__(self, key: ExampleKey) -> tuple[Tensor, dict[str, Tensor]]:
        """`[frames, mels]` and, by head, a distribution over the labels."""
        rng = np.random.default_rng((self.seed, key.epoch, key.index, key.draw))
        example = self._crop(key.index, rng)
        targets = self._target(key.index)
        if rng.random() < self.config.mix_p:
            other = self._partner(rng)
            share = float(rng.uniform(0.0, 1.0))
            second = self._crop(other, rng)
            # Made equally loud, silence would swallow the sound or become a sound.
            if example.max() > _SILENT and second.max() > _SILENT:
                example = augment.mix(example, second, share)
                weaker = self._target(other)
                targets = {h: share * targets[h] + (1.0 - share) * weaker[h] for h in targets}
        if rng.random() < self.config.noise_p:
            example = augment.add_noise(example, rng)
        example = np.maximum(example, np.float32(LOG_FLOOR))
        example = augment.mask(example, self.config, rng, fill=self.mean)
        return torch.from_numpy(example), targets

    def _partner(self, rng: np.random.Generator) -> int:
        if self._groups is None:
            return int(rng.integers(len(self)))
        group = self._groups[int(rng.integers(len(self._groups)))]
        return int(group[int(rng.integers(len(group)))])

    def _crop(self, index: int, rng: np.random.Generator) -> Spectrogram:
        clip = self.clips.log_mel(index)
        clip[clip <= np.float32(_SILENT)] = NO_POWER
        example = augment.crop(clip, self.frames, self.config, rng, floor=NO_POWER)
        return augment.colour(example, self.config, rng)

    def _target(self, index: int) -> dict[str, Tensor]:
        targets = {}
        for head, labels in self.clips.heads.items():
            own = int(self.clips.targets[head][index])
            if own == NO_LABEL:
                targets[head] = torch.full((len(labels),), 1.0 / len(labels))
            else:
                targets[head] = torch.zeros(len(labels))
                targets[head][own] = 1.0
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
            for index, extent in enumerate(clips.extents)
            for start in range(0, max(1, extent.frames - frames + hop_frames), hop_frames)
        ]
        self._last: tuple[int, Spectrogram] | None = None

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, item: int) -> tuple[Tensor, int]:
        if item < 0:
            return torch.full((self.frames, self.clips.mels), LOG_FLOOR), item
        index, start = self.windows[item]
        part = self._log_mel(index)[start : start + self.frames]
        missing = self.frames - len(part)
        padded = np.pad(part, ((0, missing), (0, 0)), constant_values=np.float32(LOG_FLOOR))
        return torch.from_numpy(padded), index

    def _log_mel(self, index: int) -> Spectrogram:
        """The windows of a clip follow each other, so the last one is kept."""
        if self._last is None or self._last[0] != index:
            self._last = (index, self.clips.log_mel(index))
        return self._last[1]
