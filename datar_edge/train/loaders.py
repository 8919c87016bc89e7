"""Batches for training and validation, shared out over the processes of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Sampler, default_collate

from datar_edge.data.examples import ClipWindows, ExampleKey, TrainingExamples, by_label
from datar_edge.data.spectrograms import SpectrogramSet
from datar_edge.models import Network
from datar_edge.train.config import TrainConfig
from datar_edge.train.placement import Placement, process_number

_VAL_BATCH = 64
_PADDING = -1
"""Index of a window that only makes the processes' shares equally long."""


class StepSampler(Sampler[ExampleKey]):
    """The examples of each optimiser step, in a new order each epoch, and this process's of them.

    Order and keys depend on seed and epoch alone: a step has the same examples on any number of
    processes, and a resumed run draws what an undisturbed one would have drawn.

    Args:
        groups: indices of examples; of each group an epoch has equally many.
        seed: the run's seed.
        batch_size: examples of an optimiser step, on all processes together.
        placement: how they are shared out.
        process: number of this process.
        min_steps: of an epoch; a small set is gone through several times.
    """

    def __init__(
        self,
        groups: Sequence[NDArray[np.int64]],
        *,
        seed: int,
        batch_size: int,
        placement: Placement,
        process: int = 0,
        min_steps: int = 1,
    ) -> None:
        self.groups = groups
        self.seed = seed
        self.steps = max(min_steps, sum(map(len, groups)) // batch_size)
        self.epoch = 0
        self._part = placement.part_of(batch_size)
        self._shape = (self.steps, placement.accumulate, placement.processes, self._part)
        self._process = process

    def set_epoch(self, epoch: int) -> None:
        """Called by the trainer before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.steps * self._shape[1] * self._part

    def __iter__(self) -> Iterator[ExampleKey]:
        shared = self._order(math.prod(self._shape)).reshape(*self._shape, 2)
        mine = shared[:, :, self._process].reshape(-1, 2)
        return (ExampleKey(self.epoch, int(index), int(draw)) for index, draw in mine)

    def _order(self, count: int) -> NDArray[np.int64]:
        """Indices, and how often each was drawn before in this epoch: `[count, 2]`."""
        rng = np.random.default_rng((self.seed, self.epoch))
        each = math.ceil(count / len(self.groups))
        drawn = [_drawn(group, each, rng) for group in self.groups]
        if len(drawn) == 1:
            return drawn[0][:count]
        together = np.concatenate(drawn)
        return together[rng.permutation(len(together))[:count]]


def _drawn(group: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """So many of a group in a random order, all of them before one comes again: `[count, 2]`."""
    turns = math.ceil(count / len(group))
    order = np.concatenate([rng.permutation(group) for _ in range(turns)])
    draws = np.repeat(np.arange(turns), len(group))
    return np.stack([order, draws], axis=1)[:count]


class WindowSampler(Sampler[int]):
    """This process's share of the validation windows, as many for each process.

    Args:
        size: windows.
        processes: processes.
        process: number of this one.
    """

    def __init__(self, size: int, *, processes: int, process: int) -> None:
        self._mine = [
            index if index < size else _PADDING
            for index in range(process, math.ceil(size / processes) * processes, processes)
        ]

    def __len__(self) -> int:
        return len(self._mine)

    def __iter__(self) -> Iterator[int]:
        return iter(self._mine)


def train_loader(
    clips: SpectrogramSet,
    config: TrainConfig,
    model: Network,
    placement: Placement,
    *,
    mean: float,
) -> DataLoader[Any]:
    """Augmented examples; every process gets its own part of each step."""
    examples = TrainingExamples(
        clips,
        frames=model.config.fbank.frames_in_window,
        config=config.augment,
        mean=mean,
        seed=config.seed,
        balanced=config.balanced,
    )
    # A smaller set is one step, unless it is gone through several times anyway.
    batch_size = min(config.batch_size, len(examples) * config.min_steps)
    sampler = StepSampler(
        by_label(clips) if config.balanced else [np.arange(len(examples))],
        seed=config.seed,
        batch_size=batch_size,
        placement=placement,
        process=process_number() if placement.processes > 1 else 0,
        min_steps=config.min_steps,
    )
    return DataLoader(
        examples,
        batch_size=placement.part_of(batch_size),
        sampler=sampler,
        collate_fn=_collate,
        num_workers=placement.workers,
        persistent_workers=placement.workers > 0,
    )


def val_loader(clips: SpectrogramSet, model: Network, placement: Placement) -> DataLoader[Any]:
    """All windows of the validation clips, half a window apart."""
    fbank = model.config.fbank
    windows = ClipWindows(
        clips,
        frames=fbank.frames_in_window,
        hop_frames=math.ceil(fbank.frames_in_window / 2),
    )
    sampler = WindowSampler(
        len(windows),
        processes=placement.processes,
        process=process_number() if placement.processes > 1 else 0,
    )
    return DataLoader(windows, batch_size=_VAL_BATCH, sampler=sampler)


def _collate(
    examples: list[tuple[Tensor, dict[str, Tensor]]],
) -> tuple[Tensor, dict[str, Tensor]]:
    batch: tuple[Tensor, dict[str, Tensor]] = default_collate(examples)
    return batch
