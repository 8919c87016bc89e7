"""Where an exported file departs from the float model: layer by layer, on a probe of it.

A file shows its scores only. A probe is the same checkpoint exported the same way once more, with
every layer's output as an output of the file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datar_edge.audio.windows import clip_windows
from datar_edge.card import ModelCard
from datar_edge.data.dataset import ClipSet
from datar_edge.errors import AudioError, DataError, ModelFileError
from datar_edge.export.sampler_choice import apply_forms, choose_forms
from datar_edge.export.target import load_target
from datar_edge.models import Checkpoint, load_checkpoint
from datar_edge.models.session import TorchSession, card_of
from datar_edge.quantize.calibration import calibration_of
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.recipes import RECIPES, recipe_for
from datar_edge.report.mix import FLOAT_LAYERS_KEY, MIXED
from datar_edge.report.parity import waveform_of
from datar_edge.report.probe_runners import Runner, open_probe
from datar_edge.report.probed_model import ProbedModel, layer_paths
from datar_edge.report.reference import check_same_kind, find_reference
from datar_edge.runtime import open_session, read_model_card
from datar_edge.runtime.open import kind_of

LAYER_BOUNDS_DB: Mapping[str, float] = {
    "none": 80.0,
    "fp16": 40.0,
    "int8-dynamic": 20.0,
    "int8": 20.0,
}
"""Least SQNR of a layer, by quantization; below it a layer is where the file departs.

Layers of datar-micro in TFLite on four clips of ESC-10: 116 dB and more in float32, 28 dB and more
in int8.
"""

_SAME_SCORES = 1e-4
_SAME_SHARE = 0.1
"""A probe speaks for the file where their scores differ by no more than the first, or than this
share of what parts the file from the float model: outputs change what is fused and calibrated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerDifference:
    """How near one layer's output is to the float model's.

    Attributes:
        layer: path of its module in `WaveformModel`.
        sqnr_db: power of the float model's output, its mean taken off, over that of the
            difference; infinity where there is none.
        max_rel_diff: largest difference over the float model's largest value.
    """

    layer: str
    sqnr_db: float
    max_rel_diff: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerReport:
    """All layers of an exported file.

    Attributes:
        layers: in the order that they run in.
        bound_db: least SQNR that was asked of each.
        first: the first layer below it, or None.
        source: the checkpoint that the probe was exported from.
        windows: windows compared.
        probe_score_diff: largest difference between a score of the probe and of the file itself.
        probe_is_file: whether that is so little that the probe speaks for the file.
    """

    layers: tuple[LayerDifference, ...]
    bound_db: float
    first: str | None
    source: Path
    windows: int
    probe_score_diff: float
    probe_is_file: bool


def measure_layers(
    artifact: Path,
    reference: Path,
    windows: Sequence[NDArray[np.float32]],
    *,
    calibration: Sequence[Path] = (),
    bound_db: float | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> LayerReport:
    """Exports a probe of a file and compares its layers with the float model's.

    Args:
        artifact: the exported file.
        reference: the checkpoint it is compared with.
        windows: float32 `[1, window_samples]` each.
        calibration: the recordings that the file was calibrated on; the package's own where empty.
        bound_db: least SQNR of a layer; None for that of the file's quantization.
        step: told what is being done.

    Raises:
        ConfigError: the file and the reference have other labels or front-ends, or there is no
            such recipe any more.
        MissingExtraError: the target's packages are not installed.
        ModelFileError: a file is missing, broken or of another kind.
    """
    card = read_model_card(artifact)
    kind = kind_of(artifact)
    recipe = recipe_of(card, kind)
    source = _source(artifact, card, reference)
    float_model = load_checkpoint(reference)
    check_same_kind(card, card_of(float_model))
    layers = layer_paths(float_model.model)
    with tempfile.TemporaryDirectory() as folder:
        step("exporting the probe")
        path = Path(folder) / f"probe{load_target(recipe.target).suffix}"
        path.write_bytes(_probe(load_checkpoint(source), card, recipe, layers, calibration))
        step("comparing layers")
        run = open_probe(kind, path)
        differences = _differences(run, ProbedModel(float_model.model, layers), windows)
        distance, departure = _distances(run, artifact, float_model, windows)
    bound = LAYER_BOUNDS_DB[card.quantize] if bound_db is None else bound_db
    named = [
        LayerDifference(layer=layer, sqnr_db=sqnr, max_rel_diff=worst)
        for layer, (sqnr, worst) in zip(layers, differences, strict=True)
    ]
    return LayerReport(
        layers=tuple(named),
        bound_db=bound,
        first=next((each.layer for each in named if each.sqnr_db < bound), None),
        source=source,
        windows=len(windows),
        probe_score_diff=distance,
        probe_is_file=distance <= max(_SAME_SCORES, _SAME_SHARE * departure),
    )


def loudest_windows(clip_set: ClipSet, card: ModelCard, count: int) -> list[NDArray[np.float32]]:
    """The loudest window of each of the first clips that can be read.

    Args:
        clip_set: the recordings.
        card: of the model.
        count: of windows, at most.

    Returns:
        float32 `[1, window_samples]` each.

    Raises:
        DataError: no clip can be read.
    """
    found: list[NDArray[np.float32]] = []
    for clip in clip_set.clips:
        if len(found) == count:
            break
        with contextlib.suppress(AudioError):
            size = card.window_samples
            windows = clip_windows(waveform_of(clip, card), window=size, hop=size)
            loudest = max(windows, key=lambda each: each.level_dbfs)
            found.append(loudest.samples[np.newaxis])
    if not found:
        raise DataError(f"no clip of {clip_set.name} can be read", fix="Check the folder.")
    return found


def _source(artifact: Path, card: ModelCard, reference: Path) -> Path:
    """What the file was made from; where that is not to be found, what it is compared with."""
    try:
        return find_reference(artifact, card)
    except ModelFileError:
        return reference


def _probe(
    checkpoint: Checkpoint,
    card: ModelCard,
    recipe: Recipe,
    layers: Sequence[str],
    calibration: Sequence[Path],
) -> bytes:
    wanted = "auto" if "+" in card.sampler or card.sampler == "none" else card.sampler
    apply_forms(checkpoint.model, choose_forms(checkpoint.model, wanted, recipe.target))
    return load_target(recipe.target).lower(
        ProbedModel(checkpoint.model, layers).eval(),
        card.window_samples,
        recipe=recipe,
        calibration=calibration_of(calibration, card) if recipe.calibrated else (),
    )


def recipe_of(card: ModelCard, kind: str) -> Recipe:
    """The recipe that a file was made by, its float layers included.

    Args:
        card: of the file; it names the recipe, by which targets that share a format are told apart.
        kind: the format, as `kind_of` tells it.

    Raises:
        ConfigError: there is no such recipe any more.
    """
    name = card.provenance.get("quantization_recipe", "").removesuffix(MIXED)
    named = [recipe for recipe in RECIPES.values() if recipe.name == name]
    recipe = named[0] if named else recipe_for(kind, card.quantize)
    layers = card.provenance.get(FLOAT_LAYERS_KEY)
    if not layers:
        return recipe
    return dataclasses.replace(recipe, float_layers=tuple(layers.split(",")))


@torch.inference_mode()
def _differences(
    run: Runner, model: ProbedModel, windows: Sequence[NDArray[np.float32]]
) -> list[tuple[float, float]]:
    """SQNR in dB and largest relative difference of each layer, over all windows."""
    model.eval()
    sums = np.zeros((len(model.layers), 4))  # signal and noise power, largest value and difference
    for window in windows:
        ours = run(window)[-len(model.layers) :]
        theirs = model(torch.from_numpy(window))[-len(model.layers) :]
        for row, output, wanted in zip(sums, ours, theirs, strict=True):
            _add(row, output.astype(np.float64), wanted.numpy().astype(np.float64))
    return [_figures(*row) for row in sums]


def _add(row: NDArray[np.float64], ours: NDArray[np.float64], wanted: NDArray[np.float64]) -> None:
    difference = ours.reshape(wanted.shape) - wanted
    row[0] += np.square(wanted - wanted.mean()).sum()
    row[1] += np.square(difference).sum()
    row[2] = max(row[2], np.abs(wanted).max())
    row[3] = max(row[3], np.abs(difference).max())


def _figures(signal: float, noise: float, largest: float, worst: float) -> tuple[float, float]:
    if not np.isfinite(noise):
        return -np.inf, np.inf
    if not noise:
        return np.inf, 0.0
    sqnr = 10.0 * np.log10(signal / noise) if signal else -np.inf
    return float(sqnr), float(worst / largest) if largest else np.inf


def _distances(
    run: Runner, artifact: Path, float_model: Checkpoint, windows: Sequence[NDArray[np.float32]]
) -> tuple[float, float]:
    """Largest difference of a score of the file to the probe's, and to the float model's."""
    to_probe, to_model = 0.0, 0.0
    with open_session(artifact) as session, TorchSession(float_model) as reference:
        for window in windows:
            scores, wanted = session.run(window), reference.run(window)
            for probed, (head, score) in zip(run(window), scores.items(), strict=False):
                to_probe = max(to_probe, float(np.abs(probed.reshape(-1) - score).max()))
                to_model = max(to_model, float(np.abs(wanted[head] - score).max()))
    return to_probe, to_model
