"""Quantization recipes as data: one dataclass a recipe, its stages in their valid order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from datar_edge.errors import ConfigError

WeightType = Literal["float32", "float16", "int8"]
ActivationType = Literal["float32", "int8"]
LayerKind = Literal["linear", "convolution"]


class Stage(Enum):
    """What is done to a model on its way to a file."""

    CAPTURE = "capture"
    """`torch.export` of the waveform model."""
    QUANTIZE_PROGRAM = "quantize program"
    """Quantization of the captured program, before it is converted (PT2E)."""
    CONVERT = "convert"
    """To the runtime's format."""
    QUANTIZE_FILE = "quantize file"
    """Quantization of the converted file (AI Edge Quantizer, ONNX Runtime's quantizer)."""


PREDECESSORS: Mapping[Stage, frozenset[Stage]] = {
    Stage.CAPTURE: frozenset(),
    Stage.QUANTIZE_PROGRAM: frozenset({Stage.CAPTURE}),
    Stage.CONVERT: frozenset({Stage.CAPTURE, Stage.QUANTIZE_PROGRAM}),
    Stage.QUANTIZE_FILE: frozenset({Stage.CONVERT}),
}
"""What may come right before each stage; nothing, for the first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How a model is made small for one target.

    Attributes:
        name: says target, quantizer and scheme, such as "tflite_aeq_float16_weights".
        target: the export target it is for.
        quantize: the name users give it: none, fp16, int8-dynamic or int8.
        weights: type of the weights in the file, of layers of these `kinds`.
        kinds: layers whose weights have that type. Depth-wise convolutions are none: they have
            few weights and, in most runtimes, no kernel that small types make faster.
        activations: type that matrix products and convolutions compute in.
        calibrated: whether ranges of activations are measured on recordings.
        stages: what is done, in order.
        float_layers: names of layers that stay float, as prefixes of module paths
            ("fbank", "model.stages.0"); the front-end's and what `--sensitivity` found.
        dynamic_from_inputs: inputs of a row from which a recipe that calibrates lets the kernel
            find the range of each row when it runs; None for nowhere. Finding it takes a pass over
            the row, which a wide product hides, and a range of its own loses far less than the one
            range that calibration gives to all rows. In narrow layers, where the pass costs what
            the product gains, the ranges are those of the calibration.
    """

    name: str
    target: str
    quantize: str
    weights: WeightType = "float32"
    kinds: tuple[LayerKind, ...] = ("linear", "convolution")
    activations: ActivationType = "float32"
    calibrated: bool = False
    stages: tuple[Stage, ...] = (Stage.CAPTURE, Stage.CONVERT)
    float_layers: tuple[str, ...] = ()
    dynamic_from_inputs: int | None = None

    def __post_init__(self) -> None:
        for before, stage in zip((None, *self.stages), self.stages, strict=False):
            allowed = PREDECESSORS[stage]
            if (before is None and allowed) or (before is not None and before not in allowed):
                raise ConfigError(
                    f"recipe {self.name}: stage {stage.value!r} after "
                    f"{before.value if before else 'nothing'!r}",
                    fix=f"Allowed before it: {', '.join(s.value for s in allowed) or 'nothing'}.",
                )
        if not self.stages or self.stages[-1] not in (Stage.CONVERT, Stage.QUANTIZE_FILE):
            raise ConfigError(f"recipe {self.name} does not end in a file")
        if self.calibrated and self.activations == "float32":
            raise ConfigError(f"recipe {self.name} calibrates, but its activations stay float32")
        if self.dynamic_from_inputs is not None and not self.calibrated:
            raise ConfigError(
                f"recipe {self.name} has no calibrated ranges to replace in wide rows"
            )

    def is_dynamic(self, row_inputs: int) -> bool:
        """Whether the range of each row is found when the file runs.

        Args:
            row_inputs: inputs of one row of the product: width of a linear layer, elements of a
                convolution's kernel.
        """
        if not self.calibrated:
            return self.activations == "int8"
        return self.dynamic_from_inputs is not None and row_inputs >= self.dynamic_from_inputs
