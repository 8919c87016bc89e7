"""What an export target is, and the list of them: adding one is a file and a line in `TARGETS`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from datar_edge.card import ModelCard
from datar_edge.config import SamplerForm
from datar_edge.errors import ConfigError
from datar_edge.models import WaveformModel


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """How much of a file the runtime's delegate runs.

    Attributes:
        ops: operators of the file.
        delegated_ops: those that the delegate takes.
        delegate_calls: parts that it takes them in; each costs a hand-over.
        not_delegated: how many of each remaining operator, by name.
    """

    ops: int
    delegated_ops: int
    delegate_calls: int
    not_delegated: Mapping[str, int]


class Target(Protocol):
    """One runtime's file format.

    Attributes:
        suffix: of its files, with the dot.
        sampler: the form of φ that its runtime runs fastest.
    """

    suffix: str
    sampler: SamplerForm

    def lower(self, model: WaveformModel, window_samples: int) -> bytes:
        """The graph as a file's content, without a card.

        Args:
            model: in evaluation mode.
            window_samples: of its input, `[1, window_samples]`.

        Raises:
            MissingExtraError: the packages are not installed.
        """
        ...

    def with_card(self, content: bytes, card: ModelCard) -> bytes:
        """What `lower` gave, with the card inside."""
        ...

    def delegation(self, path: Path) -> Delegation:
        """Reads back from a written file what the runtime will do with it."""
        ...


TARGETS: Mapping[str, str] = {"tflite": "datar_edge.export.tflite:TfliteTarget"}
"""Class of each target; loaded when asked for, as each needs packages of its own."""


def load_target(name: str) -> Target:
    """The target of that name.

    Raises:
        ConfigError: there is no such target.
        MissingExtraError: its packages are not installed.
    """
    if name not in TARGETS:
        raise ConfigError(f"unknown target {name!r}", fix=f"Targets: {', '.join(TARGETS)}.")
    module, _, attribute = TARGETS[name].partition(":")
    target: Target = getattr(importlib.import_module(module), attribute)()
    return target
