"""Int8 and float16 for ExecuTorch: in the file what the recipe says, and near to float."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torchao.quantization.pt2e.quantizer import QuantizationSpec

from datar_edge.bundled import bundled_checkpoint
from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.errors import ConfigError
from datar_edge.export import export
from datar_edge.export.executorch.passes import captured
from datar_edge.export.executorch.target import ExecuTorchTarget
from datar_edge.export.proof import check_types, promised_weights
from datar_edge.export.verify import compare, recording_windows
from datar_edge.models import load_checkpoint
from datar_edge.models.session import TorchSession
from datar_edge.quantize.pt2e import quantizer
from datar_edge.quantize.quiet import quiet
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.recipes import recipe_for
from datar_edge.runtime import open_session
from datar_edge.runtime.executorch import ExecuTorchSession

SAMPLES = 400
LABELS = tuple("abcdefgh")
CARD = ModelCard(
    preset="toy",
    heads={"class": LABELS},
    fbank=FbankConfig(num_mel_bins=8, window_s=0.025, num_frames=16),
)


class Toy(nn.Module):
    """A convolution, a depth-wise one and two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.front = nn.Linear(40, 32)
        self.conv = nn.Conv2d(1, 32, 3, padding=1)
        self.depthwise = nn.Conv2d(32, 32, 3, padding=1, groups=32)
        self.last = nn.Linear(32 * 32, len(LABELS))

    def forward(self, waveform: Tensor) -> tuple[Tensor, ...]:
        rows = self.front(waveform.reshape(1, 10, 40))
        maps = self.depthwise(F.gelu(self.conv(rows.unsqueeze(1))))
        pooled = maps.mean(dim=2).flatten(1)
        return (self.last(pooled).softmax(dim=-1),)


Windows = Sequence[NDArray[np.float32]]


def windows(scale: float) -> Windows:
    rng = np.random.default_rng(4)
    return [rng.uniform(-scale, scale, (1, SAMPLES)).astype(np.float32) for _ in range(8)]


def quantized(path: Path, recipe: Recipe, calibration: Windows = ()) -> Path:
    target = ExecuTorchTarget()
    toy = Toy().eval()
    content = target.lower(toy, SAMPLES, recipe=recipe, calibration=calibration)  # type: ignore[arg-type]
    path.write_bytes(target.with_card(content, CARD))
    return path


def scores(path: Path, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    with ExecuTorchSession(path) as session:
        return session.run(waveform)["class"]


def float_scores(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.inference_mode():
        result: NDArray[np.float32] = Toy().eval()(torch.from_numpy(waveform))[0][0].numpy()
    return result


@pytest.mark.parametrize("quantize", ["int8", "int8-dynamic"])
def test_int8_is_in_the_file_and_near_to_float(tmp_path: Path, quantize: str) -> None:
    recipe = dataclasses.replace(recipe_for("executorch", quantize), float_layers=())
    calibration = windows(0.5) if recipe.calibrated else ()
    path = quantized(tmp_path / "x.pte", recipe, calibration)
    target = ExecuTorchTarget()
    types = target.tensor_types(path)
    check_types(types, recipe, promised=promised_weights(Toy(), recipe))
    assert types.weights["int8"] >= 40 * 32 + 32 * 32 * len(LABELS)
    assert target.delegation(path).not_delegated == ()
    waveform = windows(0.5)[0]
    difference = np.abs(scores(path, waveform) - float_scores(waveform)).max()
    assert 0.0 < difference < 0.02


def test_layers_named_by_the_recipe_stay_float(tmp_path: Path) -> None:
    recipe = dataclasses.replace(
        recipe_for("executorch", "int8-dynamic"), float_layers=("last", "fro")
    )
    types = ExecuTorchTarget().tensor_types(quantized(tmp_path / "x.pte", recipe))
    assert types.weights == {"float32": 32 * 32 * len(LABELS), "int8": 40 * 32}


def test_calibration_changes_the_result(tmp_path: Path) -> None:
    recipe = recipe_for("executorch", "int8")
    quiet = quantized(tmp_path / "quiet.pte", recipe, windows(0.01))
    loud = quantized(tmp_path / "loud.pte", recipe, windows(0.5))
    waveform = windows(0.5)[0]
    expected = float_scores(waveform)
    missed = {path: np.abs(scores(path, waveform) - expected).max() for path in (quiet, loud)}
    # What is louder than anything heard while calibrating is cut off.
    assert missed[quiet] > 3 * missed[loud]


def test_a_recipe_that_calibrates_wants_sound() -> None:
    toy = Toy().eval()
    with pytest.raises(ConfigError, match="no sound to calibrate on"):
        ExecuTorchTarget().lower(
            toy,  # type: ignore[arg-type]
            SAMPLES,
            recipe=recipe_for("executorch", "int8"),
            calibration=(),
        )


class Halves(nn.Module):
    """A linear layer, narrow or wide, on the joined halves of its input, and one on that."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.inputs = inputs
        self.first = nn.Linear(inputs, 64)
        self.second = nn.Linear(64, len(LABELS))

    def forward(self, waveform: Tensor) -> tuple[Tensor, ...]:
        rows = waveform[:, : 4 * self.inputs].reshape(4, self.inputs)
        halves = [part.unsqueeze(1) for part in (rows[:, ::2] * 2.0, rows[:, 1::2] * 9.0)]
        joined = torch.cat(halves, dim=1).flatten(1)
        return (self.second(self.first(joined)).mean(dim=0, keepdim=True).softmax(dim=-1),)


def annotated(inputs: int, dynamic_from_inputs: int | None) -> dict[str, bool]:
    """Operators that the quantizer chose, each with whether its ranges are found at run time."""
    recipe = dataclasses.replace(
        recipe_for("executorch", "int8"),
        float_layers=(),
        dynamic_from_inputs=dynamic_from_inputs,
    )
    graph = captured(Halves(inputs).eval(), SAMPLES)
    with quiet():  # ExecuTorch's imports warn
        quantizer(recipe).annotate(graph)
    chosen: dict[str, bool] = {}
    for node in graph.graph.nodes:
        annotation = node.meta.get("quantization_annotation")
        for spec in annotation.input_qspec_map.values() if annotation is not None else ():
            if isinstance(spec, QuantizationSpec) and spec.dtype is torch.int8:
                chosen.setdefault(node.name, bool(spec.is_dynamic))
    return chosen


def test_in_wide_layers_the_ranges_are_found_row_by_row() -> None:
    assert annotated(64, None) == {"linear": False, "linear_1": False}
    assert annotated(64, 65) == {"linear": False, "linear_1": False}
    assert annotated(96, 65) == {"linear": True, "linear_1": False}
    assert annotated(64, 64) == {"linear": True, "linear_1": True}


def test_what_joins_tensors_is_not_quantized(tmp_path: Path) -> None:
    """XNNPACK refuses a file whose reshape stands between two ranges, when it is run."""
    recipe = dataclasses.replace(recipe_for("executorch", "int8"), float_layers=())
    target, toy = ExecuTorchTarget(), Halves(64).eval()
    content = target.lower(
        toy,  # type: ignore[arg-type]
        SAMPLES,
        recipe=recipe,
        calibration=windows(0.5),
    )
    path = tmp_path / "x.pte"
    path.write_bytes(target.with_card(content, CARD))
    waveform = windows(0.5)[0]
    with torch.inference_mode():
        expected = toy(torch.from_numpy(waveform))[0][0].numpy()
    assert 0.0 < np.abs(scores(path, waveform) - expected).max() < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("quantize", ["fp16", "int8-dynamic", "int8"])
def test_the_bundled_model_hears_the_same(tmp_path: Path, esc10: Path, quantize: str) -> None:
    clips = sorted(esc10.glob("*/*.ogg"))
    calibration, held_out = clips[::8], clips[1::8]
    checkpoint = load_checkpoint(bundled_checkpoint())
    exported = export(
        checkpoint,
        target="executorch",
        quantize=quantize,
        calibration=calibration,
        recordings=held_out[:4],
        allow_drift=True,
        output=tmp_path / "model.pte",
    )
    with open_session(exported.artifact) as ours, TorchSession(checkpoint) as reference:
        parity = compare(ours, reference, recording_windows(held_out, ours.card))
    assert parity.top1_agreement >= 0.98
