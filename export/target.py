"""What an export target is, and the list of them: adding one is a file and a line in `TARGETS`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.errors import ConfigError
from datar_edge.models import WaveformModel
from datar_edge.quantize.recipe import Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Undelegated:
    """Operators of one kind and layer that the delegate leaves to slower kernels.

    Attributes:
        operator: the runtime's name of it.
        layer: module path of the layer they come from, "" where the file does not tell.
        count: how many.
        reason: why, as far as the runtime or its rules tell.
    """

    operator: str
    layer: str
    count: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """How much of a file the runtime's delegate runs.

    Attributes:
        ops: operators of the file.
        delegated_ops: those that the delegate takes.
        delegate_calls: parts that it takes them in; each costs a hand-over.
        not_delegated: the remaining operators, by kind and layer.
    """

    ops: int
    delegated_ops: int
    delegate_calls: int
    not_delegated: tuple[Undelegated, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TensorTypes:
    """What a written file holds, read back out of it.

    Attributes:
        weights: elements of constants with 1,024 elements or more, by type ("int8", "float32", …).
        activations: tensors that matrix products and convolutions take or give, by type.
    """

    weights: Mapping[str, int]
    activations: Mapping[str, int]


class Target(Protocol):
    """One runtime's file format.

    Attributes:
        suffix: of its files, with the dot.
    """

    suffix: str

    def lower(
        self,
        model: WaveformModel,
        window_samples: int,
        *,
        recipe: Recipe,
        calibration: Sequence[NDArray[np.float32]],
    ) -> bytes:
        """The graph as a file's content, without a card.

        Args:
            model: in evaluation mode, the form of φ set; may be changed.
            window_samples: of its input, `[1, window_samples]`.
            recipe: the quantization.
            calibration: windows, float32 `[1, window_samples]`; not used by recipes that do not
                calibrate.

        Raises:
            MissingExtraError: the packages are not installed.
        """
        ...

    def with_card(self, content: bytes, card: ModelCard) -> bytes:
        """What `lower` gave, with the card inside; a card that is there already is replaced."""
        ...

    def delegation(self, path: Path) -> Delegation:
        """Reads back from a written file what the runtime will do with it."""
        ...

    def tensor_types(self, path: Path) -> TensorTypes:
        """Reads back from a written file in which types it holds weights and computes."""
        ...


TARGETS: Mapping[str, str] = {
    "tflite": "datar_edge.export.tflite.target:TfliteTarget",
    "onnx": "datar_edge.export.onnx.target:OnnxTarget",
    "executorch": "datar_edge.export.executorch.target:ExecuTorchTarget",
    "executorch-portable": "datar_edge.export.executorch.target:PortableExecuTorchTarget",
}
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
