"""`datar-edge quantize`: a small model file, and which of its layers that costs most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datar_edge.bundled import bundled_checkpoint
from datar_edge.cli.layers_table import finite
from datar_edge.cli.options import (
    CalibrationOption,
    CheckpointArgument,
    FoldsOption,
    ForceOption,
    JsonOption,
    QuantizeOption,
    TargetOption,
)
from datar_edge.cli.output import as_json, check_output, emit
from datar_edge.cli.progress import progress_bar, spinner, telling
from datar_edge.cli.sensitivity_table import sensitivity_document, sensitivity_table
from datar_edge.data.readers import open_dataset, parse_folds
from datar_edge.data.recordings import recordings_of
from datar_edge.errors import ConfigError
from datar_edge.extras import require
from datar_edge.half_written import leaving_at_once
from datar_edge.report.reference import sha256_of

if TYPE_CHECKING:
    from datar_edge.export import Exported
    from datar_edge.report.mix import Mix, MixBound
    from datar_edge.report.sensitivity import LayerCost, Sensitivity

_PURPOSE = "quantizing a model"


def quantize_model(
    *,
    checkpoint: CheckpointArgument = None,
    target: TargetOption = "tflite",
    quantize: QuantizeOption = "int8",
    sampler: Annotated[
        str, typer.Option(help="Form of the bilinear sampler, or auto for the target's fastest.")
    ] = "auto",
    calibration: CalibrationOption = None,
    calibration_limit: Annotated[
        int, typer.Option(metavar="N", help="Recordings of --calibration to take.")
    ] = 40,
    sensitivity: Annotated[
        bool,
        typer.Option(
            "--sensitivity",
            help="Quantize each layer alone, rank what that costs on --data, and leave the "
            "costliest float until the bound holds.",
        ),
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help="Labelled clips to rank and to compare on, not those of --calibration: esc:DIR or "
            "folder:DIR.",
            show_default="recordings of the package",
        ),
    ] = None,
    folds: FoldsOption = "",
    limit: Annotated[int, typer.Option(metavar="N", help="Clips of --data to take.")] = 40,
    min_agreement: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            min=0.0,
            max=1.0,
            help="Bound: least share of clips with the same best label.",
            show_default="of the quantization",
        ),
    ] = None,
    min_sqnr_db: Annotated[
        float | None,
        typer.Option(metavar="DB", help="Bound: least SQNR of the logits.", show_default="none"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file.", show_default="beside the checkpoint"),
    ] = None,
    allow_drift: Annotated[
        bool, typer.Option("--allow-drift", help="Keep the file whatever its difference.")
    ] = False,
    force: ForceOption = False,
    to_json: JsonOption = False,
) -> None:
    """Writes a quantized model file; with --sensitivity, one whose costliest layers stay float.

    What has been measured is kept in FILE.sensitivity.json: a run that was stopped goes on from
    there, and another bound asks for few new trials.

    Example: datar-edge quantize run/model.safetensors --quantize int8 --calibration esc:ESC-50
    --folds 5 --data esc:ESC-50 --sensitivity
    """
    if sensitivity and data is None:
        raise ConfigError(
            "--sensitivity is given without --data", fix="Name clips to rank on: --data esc:DIR"
        )
    pipeline = require("datar_edge.export", extra="export", purpose=_PURPOSE)
    models = require("datar_edge.models", extra="export", purpose=_PURPOSE)
    recipes = require("datar_edge.quantize.recipes", extra="export", purpose=_PURPOSE)
    suffix = pipeline.load_target(target).suffix
    recipe = recipes.recipe_for(target, quantize)
    source = bundled_checkpoint() if checkpoint is None else checkpoint
    name = f"{source.stem}-{quantize}{suffix}"
    destination = output or (Path(name) if checkpoint is None else source.with_name(name))
    check_output(destination, force=force)
    sounds = recordings_of(calibration, calibration_limit) if calibration else ()
    loaded = models.load_checkpoint(source)
    clips = open_dataset(data, folds=parse_folds(folds), limit=limit) if data else None
    ranked: dict[str, Any] = {}
    if clips is not None and sensitivity:
        study = require("datar_edge.report.sensitivity", extra="export", purpose=_PURPOSE)
        trials = study.prepare(
            loaded,
            recipe,
            sampler=sampler,
            calibration=sounds,
            clip_set=clips,
            cache=destination.with_name(f"{destination.name}.sensitivity.json"),
            subject={"checkpoint": str(source), "sha256": sha256_of(source)},
        )
        mixing = require("datar_edge.report.mix", extra="export", purpose=_PURPOSE)
        bound = mixing.bound_for(quantize, min_agreement, min_sqnr_db)
        ranking, mix = _found(trials, bound)
        ranked = sensitivity_document(ranking, mix)
        recipe, loaded = mixing.with_mix(recipe, mix), mixing.noted(loaded, recipe, mix)
        if not to_json:
            emit(sensitivity_table(ranked), None)
    with spinner("lowering") as step, leaving_at_once():
        result = pipeline.export(
            loaded,
            target=target,
            quantize=quantize,
            recipe=recipe,
            sampler=sampler,
            output=destination,
            recordings=tuple(clip.path for clip in clips.clips) if clips else (),
            calibration=sounds,
            allow_drift=allow_drift,
            source=source,
            step=step,
        )
    document = {**_document(result, recipe.name, recipe.float_layers), **ranked}
    emit(as_json(document) if to_json else _summary(document), None)


def _found(trials: Sensitivity, bound: MixBound) -> tuple[tuple[LayerCost, ...], Mix]:
    """The ranking of the layers and the mix that holds the bound."""
    with progress_bar("quantizing each layer alone", len(trials.weights)) as update:
        ranking = trials.rank(telling(update))
    with spinner("looking for a mix that holds the bound") as step:
        return ranking, trials.pick(ranking, bound, tried=lambda mix: step(_tried(mix)))


def _tried(mix: Mix) -> str:
    return f"{mix.parity.top1_agreement:.1%} agree with {len(mix.float_layers)} layers float"


def _document(result: Exported, recipe: str, float_layers: Sequence[str]) -> dict[str, Any]:
    return {
        "artifact": str(result.artifact),
        "target": result.target,
        "quantize": result.quantize,
        "recipe": recipe,
        "sampler": result.sampler,
        "size_bytes": result.size_bytes,
        "float_layers": list(float_layers),
        "weights": dict(result.types.weights),
        "activations": dict(result.types.activations),
        "parity": {name: finite(value) for name, value in vars(result.parity).items()},
    }


def _summary(document: dict[str, Any]) -> str:
    parity, kept = document["parity"], document["float_layers"]
    sqnr = parity["sqnr_db"]
    return (
        f"Wrote {document['artifact']}\n"
        f"  size     {document['size_bytes'] / 1e6:.2f} MB, by recipe {document['recipe']}\n"
        f"  float    {', '.join(kept) if kept else 'no layer by choice'}\n"
        f"  parity   {parity['windows']} windows: SQNR of the logits "
        f"{'without limit' if sqnr is None else f'{sqnr:.1f} dB'}; "
        f"{parity['top1_agreement']:.1%} have the same best label\n"
        f"Next: datar-edge parity {document['artifact']} --data esc:DIR"
    )
