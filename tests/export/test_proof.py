"""Whether a file holds what its recipe promises, counted on the model."""

from __future__ import annotations

import dataclasses

import pytest
from torch import nn

from datar_edge.bundled import bundled_checkpoint, verification_sounds
from datar_edge.errors import VerificationError
from datar_edge.export.proof import check_types, promised_weights
from datar_edge.export.target import TensorTypes
from datar_edge.export.verify import BOUNDS, recording_windows
from datar_edge.models import load_checkpoint
from datar_edge.models.session import card_of
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.recipes import recipe_for

INT8 = recipe_for("executorch", "int8")


class Small(nn.Module):
    """Layers of each kind, and one of each that is too small to count."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 16, 3)
        self.depthwise = nn.Conv2d(256, 256, 3, groups=256)
        self.small_conv = nn.Conv2d(1, 1, 3)
        self.inner = nn.Sequential(nn.Linear(32, 64), nn.Linear(64, 2))
        self.norm = nn.LayerNorm(2_048)


def promised(**changes: object) -> int:
    return promised_weights(Small(), dataclasses.replace(INT8, **changes))  # type: ignore[arg-type]


def test_weights_are_counted_by_kind_and_by_layer() -> None:
    conv, linear = 8 * 16 * 9, 32 * 64
    assert promised(float_layers=()) == conv + linear
    assert promised(float_layers=(), kinds=("linear",)) == linear
    assert promised(float_layers=("inner",)) == promised(float_layers=("inner.0",)) == conv
    assert promised(float_layers=("inner.1", "inne", "con")) == conv + linear
    assert promised(float_layers=("inner", "conv")) == 0


def types(int8: int, activations: int = 1) -> TensorTypes:
    counts = {"float32": 9, "int8": activations}
    return TensorTypes(weights={"int8": int8, "float32": 5_000}, activations=counts)


def test_one_layer_that_stayed_float_is_noticed() -> None:
    check_types(types(10_000), INT8, promised=10_000)
    with pytest.raises(VerificationError, match=r"promises 10,000 int8 weights.* holds 9,000 \("):
        check_types(types(9_000), INT8, promised=10_000)


def test_weights_that_are_only_stored_are_no_int8() -> None:
    with pytest.raises(VerificationError, match="promises int8 activations"):
        check_types(types(10_000, activations=0), INT8, promised=10_000)


@pytest.mark.parametrize("recipe", [INT8, recipe_for("onnx", "fp16"), recipe_for("tflite", "int8")])
def test_the_recipes_promise_nearly_all_of_the_model(recipe: Recipe) -> None:
    model = nn.ModuleDict({"model": load_checkpoint(bundled_checkpoint()).model})
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert 0.95 * parameters < promised_weights(model, recipe) < parameters


def test_the_recordings_are_enough_for_a_bound_of_two_in_a_hundred() -> None:
    """So many windows that one with another label is not yet outside of it."""
    card = card_of(load_checkpoint(bundled_checkpoint()))
    windows = sum(1 for _ in recording_windows(verification_sounds(), card))
    assert windows * (1.0 - BOUNDS["int8"].top1_agreement) >= 1.0
