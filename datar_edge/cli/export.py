"""`datar-edge export`: model files for devices, from a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datar_edge.bundled import bundled_checkpoint
from datar_edge.cli.export_report import as_document, as_summary
from datar_edge.cli.options import (
    CalibrationOption,
    CheckpointArgument,
    ForceOption,
    JsonOption,
    QuantizeOption,
)
from datar_edge.cli.output import as_json, check_output, emit
from datar_edge.cli.progress import spinner
from datar_edge.cli.shell import say
from datar_edge.data.readers import open_dataset
from datar_edge.data.recordings import recordings_of
from datar_edge.errors import ConfigError
from datar_edge.extras import require
from datar_edge.half_written import leaving_at_once

_PURPOSE = "exporting a model"
_CALIBRATION_RECORDINGS = 40


def export_model(
    *,
    checkpoint: CheckpointArgument = None,
    target: Annotated[
        str,
        typer.Option(help="Runtime that the file is for: tflite, executorch, onnx, or all three."),
    ] = "tflite",
    quantize: QuantizeOption = "none",
    sampler: Annotated[
        str,
        typer.Option(
            help="Form of the bilinear sampler: native, gather, dense, stencil, banded, or auto, "
            "the fastest for each layer on the target; what it computes is the same."
        ),
    ] = "auto",
    calibration: CalibrationOption = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help="Compare on these clips: esc:DIR or folder:DIR.",
            show_default="recordings of the package",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", help="Clips of --data to compare on.")] = 50,
    allow_drift: Annotated[
        bool,
        typer.Option(
            "--allow-drift", help="Keep a file that is further from the model than its bound."
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The file; a folder where several are written.",
            show_default="beside the checkpoint",
        ),
    ] = None,
    force: ForceOption = False,
    to_json: JsonOption = False,
) -> None:
    """Writes model files for devices, each kept only if it computes what the checkpoint computes.

    A file takes a waveform and gives a score for each label. Labels, rate, window and origin are
    inside. Before it gets its name its types are read back, and it is compared with PyTorch on
    real sound. `--target all` and `--quantize all` write a file for each.

    Example: datar-edge export run/model.safetensors --target all --quantize int8
    """
    pipeline = require("datar_edge.export", extra="export", purpose=_PURPOSE)
    models = require("datar_edge.models", extra="export", purpose=_PURPOSE)
    source = bundled_checkpoint() if checkpoint is None else checkpoint
    places = _places(source, target, quantize, output, beside=checkpoint is not None)
    for place in places.values():
        check_output(place, force=force)
    loaded = models.load_checkpoint(source)
    sounds = recordings_of(calibration, _CALIBRATION_RECORDINGS) if calibration else ()
    clips = open_dataset(data, limit=limit).clips if data else ()
    documents = []
    for (runtime, kind), place in places.items():
        with spinner(f"lowering for {runtime}") as step, leaving_at_once():
            result = pipeline.export(
                loaded,
                target=runtime,
                quantize=kind,
                sampler=sampler,
                output=place,
                recordings=tuple(clip.path for clip in clips),
                calibration=sounds,
                allow_drift=allow_drift,
                source=source,
                step=step,
            )
        for note in result.notes:
            say("note", note)
        documents.append(as_document(result))
        if not to_json:
            emit(as_summary(documents[-1]), None)
    if to_json:
        emit(as_json(documents), None)


def _places(
    source: Path, target: str, quantize: str, output: Path | None, *, beside: bool
) -> dict[tuple[str, str], Path]:
    """Where each file goes, by target and quantization.

    Raises:
        ConfigError: no such target or quantization.
    """
    recipes = require("datar_edge.quantize.recipes", extra="export", purpose=_PURPOSE)
    targets = require("datar_edge.export.target", extra="export", purpose=_PURPOSE)
    wanted = [(t, q) for t, q in recipes.RECIPES if _is(target, t) and _is(quantize, q)]
    if not wanted:
        targets.load_target(target if target != "all" else "tflite")
        recipes.recipe_for(target if target != "all" else "tflite", quantize)
    folder = source.parent if beside else Path()
    single = len(wanted) == 1
    if output is not None and not single:
        if output.is_file():
            raise ConfigError(
                f"--output {output} is a file, and {len(wanted)} files are to be written",
                fix="Name a folder.",
            )
        folder = output
    places = {}
    for runtime, kind in wanted:
        suffix = targets.load_target(runtime).suffix
        name = source.stem if kind == "none" else f"{source.stem}-{kind}"
        places[runtime, kind] = output if output and single else folder / f"{name}{suffix}"
    return places


def _is(asked: str, name: str) -> bool:
    """Whether that one was asked for; the portable fallback is only by its name."""
    return asked == name or (asked == "all" and not name.endswith("-portable"))
