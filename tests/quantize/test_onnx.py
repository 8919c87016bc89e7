"""Quantized ONNX files: what they hold, what they compute in, and that recordings matter."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray

from datar_edge.bundled import verification_sounds
from datar_edge.card import ModelCard
from datar_edge.config import DatarConfig, DeformableConfig, FbankConfig, StageConfig
from datar_edge.export.onnx.target import OnnxTarget
from datar_edge.export.proof import check_types, promised_weights
from datar_edge.export.verify import compare, recording_windows
from datar_edge.models import Checkpoint, WaveformModel, build
from datar_edge.models.session import TorchSession, card_of
from datar_edge.quantize.onnx import quantized
from datar_edge.quantize.onnx_gemm import linear_as_gemm
from datar_edge.quantize.onnx_layers import is_within, kind_of, layer_of
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.recipes import recipe_for
from datar_edge.runtime.onnx import OnnxSession

CONFIG = DatarConfig(
    preset="two-stages",
    fbank=FbankConfig(num_mel_bins=32, window_s=1.28, num_frames=128),
    stages=(
        StageConfig(embed_dim=64, num_heads=2, blocks=("shifted",)),
        StageConfig(
            embed_dim=256,
            num_heads=8,
            blocks=("deformable",),
            deformable=DeformableConfig(groups=2),
        ),
    ),
)
LABELS = tuple(f"label {index}" for index in range(24))

Windows = Sequence[NDArray[np.float32]]


class Lowered(NamedTuple):
    """The float graph, and the model it was made from."""

    graph: bytes
    checkpoint: Checkpoint
    card: ModelCard


@pytest.fixture(scope="module")
def lowered() -> Lowered:
    torch.manual_seed(23)
    model = build(CONFIG, heads={"class": len(LABELS)}).eval()
    model.set_normalisation(-8.0, 4.0)
    checkpoint = Checkpoint(model=model, heads={"class": LABELS})
    card = card_of(checkpoint)
    graph = OnnxTarget().lower(
        WaveformModel(model).eval(),
        card.window_samples,
        recipe=recipe_for("onnx", "none"),
        calibration=(),
    )
    return Lowered(graph, checkpoint, card)


@pytest.fixture
def windows(lowered: Lowered) -> Windows:
    return list(recording_windows(verification_sounds(), lowered.card))


def write(path: Path, lowered: Lowered, recipe: Recipe, windows: Windows = ()) -> Path:
    """A file quantized from the float graph."""
    model = quantized(onnx.ModelProto.FromString(lowered.graph), recipe, windows)
    onnx.checker.check_model(model, full_check=True)
    card = dataclasses.replace(lowered.card, quantize=recipe.quantize)
    path.write_bytes(OnnxTarget().with_card(model.SerializeToString(), card))
    return path


def sqnr_db(path: Path, lowered: Lowered, windows: Windows) -> float:
    with OnnxSession(path) as ours, TorchSession(lowered.checkpoint) as reference:
        return compare(ours, reference, windows).sqnr_db


LINEAR_LAYERS = 14
"""Stem, down-sampling, six in each of two blocks; neither the offsets nor the head."""
# The front-end, in 16 bits, is a fifth of so small a model.
LARGEST_SHARE = {"fp16": 0.56, "int8-dynamic": 0.36, "int8": 0.36}
LEAST_SQNR_DB = {"fp16": 50.0, "int8-dynamic": 25.0, "int8": 25.0}


@pytest.mark.parametrize("name", ["fp16", "int8-dynamic", "int8"])
def test_is_small_near_the_model_and_of_the_promised_types(
    tmp_path: Path,
    lowered: Lowered,
    windows: Windows,
    real_sounds: list[Path],
    name: str,
) -> None:
    recipe = recipe_for("onnx", name)
    path = write(tmp_path / "model.onnx", lowered, recipe, windows)
    assert path.stat().st_size <= LARGEST_SHARE[name] * len(lowered.graph)
    unseen = list(recording_windows(real_sounds, lowered.card))
    assert sqnr_db(path, lowered, unseen) >= LEAST_SQNR_DB[name]
    types = OnnxTarget().tensor_types(path)
    promised = promised_weights(WaveformModel(lowered.checkpoint.model), recipe)
    check_types(types, recipe, promised=promised)
    assert "float32" not in types.weights
    assert types.activations.get("int8", 0) == (0 if name == "fp16" else LINEAR_LAYERS)
    delegation = OnnxTarget().delegation(path)
    assert delegation.delegated_ops == delegation.ops


@pytest.mark.parametrize("name", ["fp16", "int8-dynamic", "int8"])
def test_named_layers_stay_float(
    tmp_path: Path, lowered: Lowered, windows: Windows, name: str
) -> None:
    layers = ("fbank", "model.stages.1")
    recipe = dataclasses.replace(recipe_for("onnx", name), float_layers=layers)
    path = write(tmp_path / "model.onnx", lowered, recipe, windows)
    model = onnx.load(str(path))
    original = onnx.ModelProto.FromString(lowered.graph)
    values = {tensor.name: tensor for tensor in model.graph.initializer}
    expected = {tensor.name: tensor for tensor in original.graph.initializer}
    kept = {
        name: expected[name]
        for node in original.graph.node
        if is_within(node.name, layers)
        for name in node.input
        if name in expected and np.prod(expected[name].dims) >= 1_024
    }
    assert sum(int(np.prod(tensor.dims)) for tensor in kept.values()) > 500_000
    for tensor_name, tensor in kept.items():
        assert values[tensor_name].raw_data == tensor.raw_data
    others = {"float16": onnx.TensorProto.FLOAT16}.get(recipe.weights, onnx.TensorProto.INT8)
    assert any(tensor.data_type == others for tensor in values.values())
    names = {node.name for node in model.graph.node if kind_of(node.name) == "Linear"}
    assert "model.stages.1.1.mlp.expand/Linear" in names


def test_calibration_decides_the_file_and_the_scores(
    tmp_path: Path, lowered: Lowered, windows: Windows, real_sounds: list[Path]
) -> None:
    recipe = recipe_for("onnx", "int8")
    quiet = [window * np.float32(1e-6) for window in windows]
    on_sound = write(tmp_path / "sound.onnx", lowered, recipe, windows)
    on_others = write(
        tmp_path / "others.onnx",
        lowered,
        recipe,
        list(recording_windows(real_sounds, lowered.card)),
    )
    on_silence = write(tmp_path / "silence.onnx", lowered, recipe, quiet)
    again = write(tmp_path / "again.onnx", lowered, recipe, windows)
    assert on_sound.read_bytes() == again.read_bytes()
    assert on_sound.read_bytes() != on_others.read_bytes()
    with OnnxSession(on_sound) as one, OnnxSession(on_others) as two:
        assert not np.array_equal(one.run(windows[0])["class"], two.run(windows[0])["class"])
    unseen = list(recording_windows(real_sounds, lowered.card))
    assert sqnr_db(on_sound, lowered, unseen) > sqnr_db(on_silence, lowered, unseen) + 6.0


@pytest.mark.parametrize("name", ["int8-dynamic", "int8"])
def test_quantizing_prints_nothing(
    lowered: Lowered, windows: Windows, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    quantized(onnx.ModelProto.FromString(lowered.graph), recipe_for("onnx", name), windows[:1])
    assert capfd.readouterr() == ("", "")


def test_linear_layers_as_gemms_compute_the_same(
    tmp_path: Path, lowered: Lowered, windows: Windows
) -> None:
    model = onnx.ModelProto.FromString(lowered.graph)
    names = [
        node.name
        for node in model.graph.node
        if kind_of(node.name) == "Linear"
        and node.op_type == "MatMul"
        and not is_within(node.name, ("fbank",))
    ]
    assert len(names) == LINEAR_LAYERS + 1
    changed = linear_as_gemm(model, names)
    assert [node.op_type for node in changed.graph.node if node.name in names] == ["Gemm"] * len(
        names
    )
    path = tmp_path / "gemm.onnx"
    path.write_bytes(OnnxTarget().with_card(changed.SerializeToString(), lowered.card))
    with OnnxSession(path) as ours, TorchSession(lowered.checkpoint) as reference:
        assert compare(ours, reference, windows).max_abs_logit_diff < 1e-4


def test_layers_are_found_by_whole_names() -> None:
    name = "model.stages.1.0.mlp.expand/Linear_2"
    assert (layer_of(name), kind_of(name)) == ("model.stages.1.0.mlp.expand", "Linear")
    assert is_within(name, ("fbank", "model.stages.1"))
    assert is_within(name, ("model.stages.1.0.mlp.expand",))
    assert not is_within(name, ("model.stages.10", "model.stages.1.0.m", ""))
    assert (layer_of("Transpose_7"), kind_of("Transpose_7")) == ("", "Transpose")
