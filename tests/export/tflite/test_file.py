"""TFLite files read back: names of layers, constants stored once, what the delegate leaves."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.config import DatarConfig, StageConfig
from datar_edge.export.target import Delegation
from datar_edge.export.tflite.buffers import share_buffers
from datar_edge.export.tflite.halves import halve_constants
from datar_edge.export.tflite.layers import layer_of, name_by_layer
from datar_edge.export.tflite.target import TfliteTarget
from datar_edge.features import Fbank
from datar_edge.models import WaveformModel, build, load_checkpoint
from datar_edge.models.deformable_attention import DeformableAttention, set_sampler
from datar_edge.presets import FBANKS, preset
from datar_edge.quantize.recipes import recipe_for
from datar_edge.quantize.tflite_flatbuffer import operators, read_model, write_model

WINDOW = 40_960


def shallow() -> DatarConfig:
    """One stage of a block with windows and a deformable one."""
    config = preset("datar-micro")
    assert isinstance(config, DatarConfig)
    stage = StageConfig(embed_dim=32, num_heads=1, blocks=("local", "deformable"))
    return dataclasses.replace(config, stages=(stage,))


@pytest.fixture(scope="module")
def gathering(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shallow model whose φ looks up neighbours by index."""
    torch.manual_seed(3)
    model = build(shallow(), heads={"class": 4}).eval()
    for module in model.modules():
        if isinstance(module, DeformableAttention):
            torch.nn.init.normal_(module.offsets.to_offset.weight)
    set_sampler(model, "gather")
    path = tmp_path_factory.mktemp("gather") / "model.tflite"
    recipe = recipe_for("tflite", "none")
    path.write_bytes(
        TfliteTarget().lower(WaveformModel(model).eval(), WINDOW, recipe=recipe, calibration=())
    )
    return path


@pytest.fixture(scope="module")
def delegation(gathering: Path) -> Delegation:
    return TfliteTarget().delegation(gathering)


def test_what_is_not_delegated_is_told_by_layer_and_with_a_reason(delegation: Delegation) -> None:
    left = delegation.not_delegated
    assert delegation.delegate_calls > 1
    assert sum(each.count for each in left) == delegation.ops - delegation.delegated_ops
    assert {each.layer for each in left} == {"model.stages.0.1.attention"}
    reasons = {each.operator: each.reason for each in left}
    assert reasons["GATHER_ND"] == "XNNPACK has no such operator"
    assert "unknown" not in reasons.values()
    assert any(each.reason == "XNNPACK does not compute in int32" for each in left)


def test_layers_are_modules_of_the_model() -> None:
    """Every one of the shipped file's operators, and every linear layer and convolution in it."""
    model = WaveformModel(load_checkpoint(bundled_checkpoint()).model)
    graph = read_model(bundled_tflite().read_bytes())
    name_by_layer(graph, model)
    modules = dict(model.named_modules())
    layers = {
        layer_of(graph.tensors[operator.outputs[0]].name.decode())
        for graph, operator, _ in operators(graph)
    }
    assert layers - {""} <= modules.keys()
    for path in (
        "fbank",
        "model.stages.0.0.attention.query.linear",
        "model.stages.2.2.attention.offsets.to_offset",
        "model.stages.3.2.mlp.reduce",
        "model.heads.0",
    ):
        assert path in layers
    names = [tensor.name for tensor in graph.subgraphs[0].tensors]
    assert len(names) == len(set(names))
    once = list(names)
    name_by_layer(graph, model)  # names of ours stay
    assert [layer_of(name.decode()) for name in names] == [layer_of(n.decode()) for n in once]


def test_a_constant_is_stored_once_and_aligned() -> None:
    graph = read_model(bundled_tflite().read_bytes())
    share_buffers(graph)
    plain = len(write_model(graph))
    largest = max((buffer for buffer in graph.buffers if buffer.data is not None), key=_size)
    double = schema.BufferT()
    double.data = largest.data.copy()
    graph.buffers.append(double)
    owner = next(
        tensor for tensor in graph.subgraphs[0].tensors if graph.buffers[tensor.buffer] is largest
    )
    owner.buffer = len(graph.buffers) - 1
    lost = schema.BufferT()
    lost.data = np.arange(99, dtype=np.uint8)
    graph.buffers.append(lost)
    assert share_buffers(graph) == _size(largest) + 99
    content = write_model(graph)
    assert len(content) == plain
    assert set(_places(content)) == {0}


def test_halved_constants_compute_the_same_but_for_their_rounding(
    gathering: Path, tmp_path: Path
) -> None:
    graph = read_model(gathering.read_bytes())
    assert halve_constants(graph, keep=("fbank", "model")) == 0
    assert halve_constants(graph, keep=("fbank",)) > 5
    share_buffers(graph)
    path = tmp_path / "halved.tflite"
    path.write_bytes(write_model(graph))
    types = TfliteTarget().tensor_types(path).weights
    assert types["float16"] > 10_000
    front_end = sum(matrix.numel() for matrix in Fbank(FBANKS["micro"]).buffers())
    assert types["float32"] >= 0.99 * front_end  # small constants are not told
    sound = np.random.default_rng(3).normal(0.0, 0.1, (1, WINDOW)).astype(np.float32)
    expected, ours = (_scores(each, sound) for each in (gathering, path))
    assert 0.0 < np.abs(ours - expected).max() < 1e-2


def _scores(path: Path, sound: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], sound)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def _size(buffer: schema.BufferT) -> int:
    return 0 if buffer.data is None else len(buffer.data)


def _places(content: bytes) -> list[int]:
    """Where constants begin, modulo 16."""
    model = schema.Model.GetRootAs(content, 0)
    buffers = [model.Buffers(index) for index in range(model.BuffersLength())]
    return [
        buffer._tab.Vector(buffer._tab.Offset(4)) % 16 for buffer in buffers if buffer.DataLength()
    ]
