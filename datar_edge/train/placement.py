"""Where a run computes: processes, precision, workers. What it computes does not depend on it."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from datar_edge.errors import ConfigError

Precision = Literal["fp32", "bf16", "fp16"]
Strategy = Literal["ddp", "fsdp"]

_RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")
"""What launchers tell a process its number by, the one for all machines first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """How the examples of one optimiser step are shared out.

    Attributes:
        devices: processes on each machine, one a device.
        nodes: machines.
        strategy: "ddp" gives each process the whole model, "fsdp" a share of it (GPUs only).
        accumulate: parts that each process computes its share of a step in, to save memory.
        precision: of the products; "bf16" and "fp16" keep weights in float32.
        workers: processes that make examples beside each; 0 makes them in between.
        cache: folder that spectrograms are kept in for other runs; None keeps them in the run's
            own folder until it ends.
        keeps_spectrograms: False decodes the recordings each time instead.
    """

    devices: int = 1
    nodes: int = 1
    strategy: Strategy = "ddp"
    accumulate: int = 1
    precision: Precision = "fp32"
    workers: int = 0
    cache: Path | None = None
    keeps_spectrograms: bool = True

    def __post_init__(self) -> None:
        for name in ("devices", "nodes", "accumulate"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}", fix="Allowed: 1 or more.")
        if self.workers < 0:
            raise ConfigError(f"workers is {self.workers!r}", fix="Allowed: 0 or more.")
        if self.cache is not None and not self.keeps_spectrograms:
            raise ConfigError(
                f"cache is {str(self.cache)!r}, and no spectrogram is to be kept",
                fix="Give --cache or --no-cache, not both.",
            )
        if self.cache is not None and self.cache.exists() and not self.cache.is_dir():
            raise ConfigError(f"cache {self.cache} is no folder", fix="Name another place.")
        for name, choices in (("strategy", Strategy), ("precision", Precision)):
            if getattr(self, name) not in get_args(choices):
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}",
                    fix=f"Allowed: {', '.join(get_args(choices))}.",
                )

    @property
    def processes(self) -> int:
        """Processes on all machines together."""
        return self.devices * self.nodes

    def part_of(self, batch_size: int) -> int:
        """Examples that a process computes at once.

        Args:
            batch_size: examples of an optimiser step, on all processes together.

        Raises:
            ConfigError: they cannot be shared out evenly.
        """
        parts = self.processes * self.accumulate
        if batch_size % parts:
            lower, upper = batch_size // parts * parts, math.ceil(batch_size / parts) * parts
            raise ConfigError(
                f"the batch size {batch_size} cannot be shared out over {self.processes} processes "
                f"with {self.accumulate} parts each",
                fix=f"Take {' or '.join(str(size) for size in (lower, upper) if size)}.",
            )
        return batch_size // parts


def process_number() -> int:
    """The number of this process in the run, as its launcher told it; 0 for the first."""
    return next((int(os.environ[name]) for name in _RANKS if name in os.environ), 0)
