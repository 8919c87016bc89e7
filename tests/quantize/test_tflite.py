"""TFLite files in each recipe's types: what they hold, what they compute, on real sound.

The float file is the one that ships, so nothing has to be converted here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from datar_edge.bundled import (
    bundled_checkpoint,
    bundled_tflite,
    calibration_sounds,
    verification_sounds,
)
from datar_edge.card import ModelCard
from datar_edge.errors import VerificationError
from datar_edge.export.proof import check_types, promised_weights
from datar_edge.export.tflite.layers import layer_of, name_by_layer
from datar_edge.export.tflite.target import TfliteTarget, finished
from datar_edge.export.verify import logits_of, recording_windows
from datar_edge.models import WaveformModel, load_checkpoint
from datar_edge.quantize.calibration import calibration_windows
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.recipes import recipe_for
from datar_edge.quantize.tflite import quantized
from datar_edge.quantize.tflite_flatbuffer import operators, read_model, type_names, write_model
from datar_edge.runtime import read_model_card

QUANTIZATIONS = ("fp16", "int8-dynamic", "int8")
Windows = Sequence[NDArray[np.float32]]
Make = Callable[[Recipe], Path]


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return read_model_card(bundled_tflite())


@pytest.fixture(scope="module")
def calibration(card: ModelCard) -> Windows:
    return calibration_windows(calibration_sounds(), card, limit=16)


@pytest.fixture(scope="module")
def float_content() -> bytes:
    """The float file, its tensors named by layer."""
    model = WaveformModel(load_checkpoint(bundled_checkpoint()).model)
    graph = read_model(bundled_tflite().read_bytes())
    name_by_layer(graph, model)
    return write_model(graph)


@pytest.fixture(scope="module")
def make(
    float_content: bytes, calibration: Windows, tmp_path_factory: pytest.TempPathFactory
) -> Make:
    """Writes the shipped model in a recipe's types, each recipe once."""
    model = WaveformModel(load_checkpoint(bundled_checkpoint()).model)
    written: dict[Recipe, Path] = {}

    def write(recipe: Recipe) -> Path:
        if recipe not in written:
            path = tmp_path_factory.mktemp("quantized") / f"{recipe.quantize}.tflite"
            path.write_bytes(finished(float_content, model, recipe, calibration))
            written[recipe] = path
        return written[recipe]

    return write


def logits(path: Path, windows: Windows) -> NDArray[np.float64]:
    """`[windows, labels]`, their mean over the labels taken off."""
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    [edge_in], [edge_out] = interpreter.get_input_details(), interpreter.get_output_details()
    assert edge_in["dtype"] is np.float32
    assert edge_out["dtype"] is np.float32
    rows = []
    for window in windows:
        interpreter.set_tensor(edge_in["index"], window)
        interpreter.invoke()
        rows.append(logits_of(interpreter.get_tensor(edge_out["index"])[0]))
    values = np.array(rows)
    return values - values.mean(axis=1, keepdims=True)


def promised(recipe: Recipe) -> int:
    return promised_weights(WaveformModel(load_checkpoint(bundled_checkpoint()).model), recipe)


def weight_types(path: Path) -> dict[str, set[str]]:
    """Stored types of the weights of matrix products and convolutions, by layer."""
    model = read_model(path.read_bytes())
    names = type_names()
    sources = {
        int(operator.outputs[0]): graph.tensors[operator.inputs[0]]
        for graph, operator, name in operators(model)
        if name == "DEQUANTIZE"
    }
    found: dict[str, set[str]] = {}
    for graph, operator, name in operators(model):
        if name in ("FULLY_CONNECTED", "CONV_2D"):
            index = int(operator.inputs[1])
            stored = sources.get(index, graph.tensors[index])
            layer = layer_of(graph.tensors[operator.outputs[0]].name.decode())
            found.setdefault(layer, set()).add(names[stored.type])
    return found


@pytest.mark.parametrize("quantize", QUANTIZATIONS)
def test_the_file_holds_what_the_recipe_says(make: Make, quantize: str) -> None:
    recipe = recipe_for("tflite", quantize)
    types = TfliteTarget().tensor_types(make(recipe))
    check_types(types, recipe, promised=promised(recipe))
    assert len(types.weights) > 1  # the front-end's matrix, among others, stays wider


@pytest.mark.parametrize(("quantize", "share"), [("fp16", 0.61), ("int8-dynamic", 0.30)])
def test_the_file_is_smaller(make: Make, float_content: bytes, quantize: str, share: float) -> None:
    assert make(recipe_for("tflite", quantize)).stat().st_size < share * len(float_content)


@pytest.mark.parametrize("quantize", QUANTIZATIONS)
def test_the_delegate_takes_all_of_it_in_one_part(make: Make, quantize: str) -> None:
    delegation = TfliteTarget().delegation(make(recipe_for("tflite", quantize)))
    assert delegation.not_delegated == ()
    assert delegation.delegate_calls == 1


@pytest.mark.parametrize(
    ("quantize", "least_db"), [("fp16", 45.0), ("int8-dynamic", 30.0), ("int8", 28.0)]
)
def test_hears_what_the_float_file_hears(
    make: Make,
    card: ModelCard,
    real_sounds: list[Path],
    quantize: str,
    least_db: float,
) -> None:
    windows = list(recording_windows([*real_sounds, *verification_sounds()], card))
    expected = logits(bundled_tflite(), windows)
    ours = logits(make(recipe_for("tflite", quantize)), windows)
    noise = np.square(ours - expected).sum()
    assert 10.0 * np.log10(np.square(expected).sum() / noise) > least_db
    clear = np.diff(np.sort(expected, axis=1)[:, -2:], axis=1)[:, 0] > 0.3
    assert clear.sum() > len(windows) // 2
    assert (ours.argmax(axis=1) == expected.argmax(axis=1))[clear].all()


def test_a_float_file_is_no_int8_file(float_content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "float.tflite"
    path.write_bytes(float_content)
    types = TfliteTarget().tensor_types(path)
    plain = recipe_for("tflite", "none")
    check_types(types, plain, promised=promised(plain))
    for quantize in QUANTIZATIONS:
        recipe = recipe_for("tflite", quantize)
        with pytest.raises(VerificationError, match=r"promises 2,.* weights, but .* holds 0 "):
            check_types(types, recipe, promised=promised(recipe))


def test_weights_in_int8_that_are_computed_in_float_are_no_int8_file(make: Make) -> None:
    types = TfliteTarget().tensor_types(make(recipe_for("tflite", "int8-dynamic")))
    only_stored = dataclasses.replace(types, activations={"float32": 254})
    with pytest.raises(VerificationError, match="computes in 254 float32"):
        check_types(only_stored, recipe_for("tflite", "int8-dynamic"), promised=1)


def test_front_end_and_named_layers_stay_float(make: Make) -> None:
    plain = recipe_for("tflite", "int8")
    mixed = dataclasses.replace(
        plain, name="mixed", float_layers=("fbank", "model.stages.3", "model.stages.2.1.mlp")
    )
    kept = ("fbank", "model.stages.3.", "model.stages.2.1.mlp")
    in_mixed, in_plain = weight_types(make(mixed)), weight_types(make(plain))
    inside = [layer for layer in in_mixed if layer.startswith(kept)]
    assert len(inside) > 10
    for layer in inside:
        assert not in_mixed[layer] & {"int8"}, layer
        assert ("int8" in in_plain[layer]) != layer.startswith("fbank"), layer
    outside = [
        layer for layer in in_mixed if layer.startswith(("model.stages.1", "model.stages.2.3"))
    ]
    assert outside
    assert any("int8" in in_mixed[layer] for layer in outside)
    assert "int8" in in_mixed["model.heads.0"]


def scales(content: bytes) -> list[Any]:
    """Scales of the activations, in the file's order."""
    model = read_model(content)
    return [
        float(tensor.quantization.scale[0])
        for tensor in model.subgraphs[0].tensors
        if not model.buffers[tensor.buffer].size
        and model.buffers[tensor.buffer].data is None
        and tensor.quantization is not None
        and tensor.quantization.scale is not None
    ]


def test_other_recordings_give_other_ranges(float_content: bytes, calibration: Windows) -> None:
    recipe = recipe_for("tflite", "int8")
    once, again = (scales(quantized(float_content, recipe, calibration[:2])) for _ in range(2))
    other = scales(quantized(float_content, recipe, calibration[2:4]))
    assert once == again
    assert len(once) == len(other) > 20
    assert np.mean(np.array(once) != np.array(other)) > 0.5


def test_ranges_found_at_run_time_need_no_recordings(float_content: bytes) -> None:
    content = quantized(float_content, recipe_for("tflite", "int8-dynamic"), ())
    assert scales(content) == []
