"""What quantizing each layer costs, and the mix that holds a bound."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from datar_edge.config import AstConfig, FbankConfig
from datar_edge.data.readers import open_dataset
from datar_edge.errors import VerificationError
from datar_edge.export.sampler_choice import choose_forms
from datar_edge.export.verify import Parity
from datar_edge.models import Checkpoint, build, load_checkpoint
from datar_edge.models.count import count_parameters
from datar_edge.presets import preset
from datar_edge.quantize.recipes import recipe_for
from datar_edge.report.mix import Mix, MixBound, bound_for, noted, with_mix
from datar_edge.report.quantizable_layers import layer_weights
from datar_edge.report.sensitivity import Sensitivity, prepare
from datar_edge.report.sensitivity_cache import SensitivityCache
from datar_edge.report.trial_files import TrialFiles

ANY = float("inf")


def parity(sqnr_db: float, *, agreement: float = 1.0) -> Parity:
    return Parity(
        windows=10,
        max_abs_logit_diff=0.1,
        max_abs_score_diff=0.1,
        top1_agreement=agreement,
        sqnr_db=sqnr_db,
    )


def test_layers_are_apart_and_hold_nearly_all_weights() -> None:
    network = build("datar-micro", heads={"class": 10})
    layers = layer_weights(network)
    names = list(layers)
    assert not any(
        other.startswith(f"{name}.") for name in names for other in names if other != name
    )
    expected = {
        *("fbank", "model.adaptor", "model.stem", "model.heads", "model.stages.1.0"),
        *("model.stages.0.0.local_unit", "model.stages.2.4.attention", "model.stages.3.2.mlp"),
    }
    assert expected <= set(names)
    without_front_end = sum(layers.values()) - layers["fbank"]
    assert 0.99 * count_parameters(network) < without_front_end <= count_parameters(network)


def test_layers_of_ast() -> None:
    config = AstConfig(preset="ast", fbank=FbankConfig(window_s=1.0, num_frames=112), depth=2)
    layers = layer_weights(build(config, heads={"class": 3}))
    blocks = [f"model.blocks.{i}.{part}" for i in range(2) for part in ("attention", "mlp")]
    assert list(layers) == ["fbank", "model.patches", *blocks, "model.heads"]


class Prepared(Sensitivity):
    """Trials whose outcome is foreseen: every quantized layer takes its own from 60 dB."""

    def __init__(self, costs_db: dict[str, float]) -> None:
        self.recipe = dataclasses.replace(recipe_for("tflite", "int8"), float_layers=("fbank",))
        self.weights = dict.fromkeys(("fbank", *costs_db), 100)
        self.costs_db = costs_db
        self.asked: list[tuple[str, ...]] = []

    def _parity(self, float_layers: tuple[str, ...]) -> Parity:
        self.asked.append(float_layers)
        lost = sum(cost for layer, cost in self.costs_db.items() if layer not in float_layers)
        return parity(60.0 - lost)


def needing(sqnr_db: float) -> MixBound:
    return MixBound(top1_agreement=0.0, max_abs_logit_diff=ANY, sqnr_db=sqnr_db)


COSTS_DB = {f"layer{index}": float(index) for index in range(1, 10)}  # 45 dB together


def test_the_ranking_quantizes_each_layer_alone() -> None:
    trials = Prepared(COSTS_DB)
    ranking = trials.rank()
    assert [each.layer for each in ranking] == [*sorted(COSTS_DB, reverse=True), "fbank"]
    assert [each.parity.sqnr_db for each in ranking[:3]] == [51.0, 52.0, 53.0]
    everything = {"fbank", *COSTS_DB}
    assert [everything - set(floats) for floats in trials.asked] == [
        {each} for each in trials.weights
    ]


@pytest.mark.parametrize(
    ("needed_db", "left_float"),
    [(15.0, 0), (15.5, 1), (24.0, 1), (24.5, 2), (32.0, 2), (39.0, 3), (54.0, 6), (59.0, 8)],
)
def test_the_mix_is_the_smallest_that_holds(needed_db: float, left_float: int) -> None:
    """The quantized layers' costs in dB add up, so that the smallest mix is known."""
    trials = Prepared(COSTS_DB)
    ranking = trials.rank()
    told: list[Mix] = []
    mix = trials.pick(ranking, needing(needed_db), tried=told.append)
    costliest = [each.layer for each in ranking[:left_float]]
    assert mix.float_layers == ("fbank", *costliest)
    assert mix.parity.sqnr_db >= needed_db
    assert mix.float_share == pytest.approx((1 + left_float) / 10)
    assert mix in told
    assert len(told) <= 8


def test_a_bound_that_no_mix_holds_is_told() -> None:
    trials = Prepared(COSTS_DB)
    with pytest.raises(VerificationError, match="not even with 8 of 9 layers float"):
        trials.pick(trials.rank(), needing(59.5))


def test_every_part_of_a_bound_counts() -> None:
    bound = bound_for("int8", None, 20.0)
    assert bound == MixBound(top1_agreement=0.98, max_abs_logit_diff=ANY, sqnr_db=20.0)
    assert bound.holds(parity(20.0, agreement=0.98))
    assert not bound.holds(parity(19.9))
    assert not bound.holds(parity(30.0, agreement=0.97))
    assert not bound_for("none", None, None).holds(parity(30.0))  # a logit differs by 0.1
    assert bound_for("int8", 0.9, None).holds(parity(-5.0, agreement=0.9))


def test_a_mix_is_told_by_recipe_and_provenance() -> None:
    recipe = dataclasses.replace(recipe_for("tflite", "int8"), float_layers=("fbank",))
    checkpoint = Checkpoint(model=build("datar-micro", heads={"a": 2}), heads={"a": ("x", "y")})
    same = Mix(float_layers=("fbank",), parity=parity(20.0), float_share=0.1)
    assert with_mix(recipe, same) is recipe
    assert noted(checkpoint, recipe, same) is checkpoint
    more = dataclasses.replace(same, float_layers=("fbank", "model.stem"))
    assert with_mix(recipe, more).float_layers == ("fbank", "model.stem")
    assert with_mix(recipe, more).name == f"{recipe.name}_mixed"
    told = noted(checkpoint, recipe, more).provenance
    assert told == {"float_layers": "fbank,model.stem"}


def test_what_was_measured_is_kept_for_the_same_subject_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    first = SensitivityCache(path, {"model": "a"})
    assert first.get(["x"]) is None
    first.put(["y", "x"], parity(float("inf")))
    assert SensitivityCache(path, {"model": "a"}).get(["x", "y"]) == parity(float("inf"))
    assert SensitivityCache(path, {"model": "b"}).get(["x", "y"]) is None
    assert [each.name for each in tmp_path.iterdir()] == ["kept.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"subject": 1}', "null"])
def test_a_garbled_file_counts_as_empty(text: str, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text(text)
    cache = SensitivityCache(path, {})
    assert cache.get(["x"]) is None
    cache.put(["x"], parity(1.0))
    assert json.loads(path.read_text())["parity_by_float_layers"]


def test_a_model_is_lowered_once_for_all_trials_of_a_file_quantizer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the recipe quantizes the converted file; contents are stood in for, not numerics."""
    lowered: list[str] = []

    class Stub:
        suffix = ".tflite"

        def lower(self, *_: object, recipe: object, **__: object) -> bytes:
            lowered.append(getattr(recipe, "name", ""))
            return b"float"

    def quantize(content: bytes, recipe: object, _: Sequence[object]) -> bytes:
        return content + b" " + getattr(recipe, "name", "").encode()

    monkeypatch.setattr("datar_edge.report.trial_files.load_target", lambda _: Stub())
    monkeypatch.setattr("datar_edge.report.trial_files._FILE_QUANTIZERS", {"tflite": quantize})
    model = build(preset("datar-micro"), heads={"a": 2})
    files = TrialFiles(
        Checkpoint(model=model, heads={"a": ("x", "y")}),
        "tflite",
        sampler=choose_forms(model, "dense", "tflite"),
        calibration=[],
    )
    recipe = recipe_for("tflite", "int8")
    assert files.content(recipe) == files.content(recipe) == b"float " + recipe.name.encode()
    assert lowered == [recipe_for("tflite", "none").name]


@pytest.mark.slow
def test_a_mix_on_real_sound_holds_what_was_asked(
    nano_checkpoint: Callable[..., Path], labelled_recordings: Path, tmp_path: Path
) -> None:
    """3 dB better than all in 8 bits, by the quantizer itself; a second run tries nothing."""
    checkpoint = load_checkpoint(nano_checkpoint(tmp_path / "nano.safetensors"))
    recipe = recipe_for("tflite", "int8-dynamic")

    def trials() -> Sensitivity:
        return prepare(
            checkpoint,
            recipe,
            sampler="dense",
            calibration=(),
            clip_set=open_dataset(f"folder:{labelled_recordings}"),
            cache=tmp_path / "kept.json",
            subject={"checkpoint": "nano"},
        )

    first = trials()
    ranking = first.rank()
    free = first.pick(ranking, needing(-ANY))
    assert free.float_layers == recipe.float_layers
    mix = first.pick(ranking, needing(free.parity.sqnr_db + 3.0))
    assert mix.parity.sqnr_db >= free.parity.sqnr_db + 3.0
    more = mix.float_layers[len(recipe.float_layers) :]
    costliest = [each.layer for each in ranking if each.layer not in recipe.float_layers]
    assert list(more) == costliest[: len(more)] != []
    kept = (tmp_path / "kept.json").stat().st_mtime_ns
    assert trials().rank() == ranking
    assert (tmp_path / "kept.json").stat().st_mtime_ns == kept
