"""Batches for training and validation, shared out over the processes of a run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, Sampler, default_collate

from datar_edge.data.spectrograms import ClipWindows, ExampleKey, SpectrogramSet, TrainingExamples
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
        size: examples in the set.
        seed: the run's seed.
        batch_size: examples of an optimiser step, on all processes together.
        placement: how they are shared out.
        process: number of this process.
    """

    def __init__(
        self, size: int, *, seed: int, batch_size: int, placement: Placement, process: int = 0
    ) -> None:
        self.size = size
        self.seed = seed
        self.steps = size // batch_size
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
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.size)
        shared = order[: math.prod(self._shape)].reshape(self._shape)
        mine = shared[:, :, self._process].ravel()
        return (ExampleKey(self.epoch, int(index)) for index in mine)


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
    )
    batch_size = min(config.batch_size, len(examples))
    sampler = StepSampler(
        len(examples),
        seed=config.seed,
        batch_size=batch_size,
        placement=placement,
        process=process_number() if placement.processes > 1 else 0,
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
