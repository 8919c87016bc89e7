"""`datar-edge explain`: what a model computes on a sound, as one picture."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datar_edge.bundled import bundled_checkpoint
from datar_edge.cli.event_options import EventOptions, make_event_config
from datar_edge.cli.explain_output import notes_of, picture_path, told
from datar_edge.cli.layers_table import layers_document
from datar_edge.cli.option_group import with_option_groups
from datar_edge.cli.options import (
    CalibrationOption,
    ForceOption,
    HopOption,
    JsonOption,
    MinLevelOption,
    ThreadsOption,
)
from datar_edge.cli.output import as_json, check_output, emit, write_beside
from datar_edge.cli.progress import progress_bar, spinner
from datar_edge.cli.shell import say
from datar_edge.cli.tag_formats import printable
from datar_edge.data.recordings import recordings_of
from datar_edge.errors import ConfigError, ModelFileError
from datar_edge.extras import require
from datar_edge.report.reference import find_reference
from datar_edge.runtime import read_model_card
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS

if TYPE_CHECKING:
    from datar_edge.explain.explanation import Explanation

_PURPOSE = "explaining what a model hears"
_COMPARING = "Compare"


@with_option_groups
def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sound file.")],
    *,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="CHECKPOINT",
            help="The model, model.safetensors.",
            show_default="the bundled model; with --compare, the checkpoint that its card names",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="PICTURE",
            help="Write there: .png, .svg, .pdf or .html.",
            show_default="FILE-explained.png, in this folder",
        ),
    ] = None,
    html: Annotated[
        bool, typer.Option("--html", help="Write a self-contained HTML page, not a picture.")
    ] = False,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="ARTIFACT",
            help="An exported file to put beside the float model.",
            rich_help_panel=_COMPARING,
        ),
    ] = None,
    per_layer: Annotated[
        bool,
        typer.Option(
            "--per-layer",
            help="With --compare: find the layers that depart, by a probe, as parity does.",
            rich_help_panel=_COMPARING,
        ),
    ] = False,
    calibration: CalibrationOption = None,
    start_s: Annotated[
        float | None,
        typer.Option(
            "--from",
            metavar="SECONDS",
            help="Look into the window that starts there.",
            show_default="the window with the highest score",
        ),
    ] = None,
    stage: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            help="Show the attention of this stage, counted from 1; may be given again.",
            show_default="all that are deformable",
        ),
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="Head of the model.", show_default="the first")
    ] = None,
    hop: HopOption = None,
    min_level_dbfs: MinLevelOption = MIN_LEVEL_DBFS,
    threads: ThreadsOption = 1,
    dpi: Annotated[
        int, typer.Option(metavar="N", min=50, max=600, help="Pixels of a PNG an inch.")
    ] = 150,
    to_json: JsonOption = False,
    force: ForceOption = False,
    event_options: EventOptions,
) -> None:
    """Draws what a model hears in a sound, where it looks, and what it makes of it.

    Waveform, scores with events, log-mel spectrogram, what the adaptor adds, and the points of
    deformable attention with their weights. Attention tells where a layer looks, not why a label
    is given.

    Example: datar-edge explain recording.wav --output picture.png
    """
    place = picture_path(file, output, html=html)
    check_output(place, force=force)
    _check_choices(compare, per_layer=per_layer, calibration=calibration)
    making = require("datar_edge.explain.make", extra="train", purpose=_PURPOSE)
    drawing = require("datar_edge.explain.page", extra="plots", purpose=_PURPOSE)
    checkpoint = _checkpoint(model, compare)
    loaded = making.load_checkpoint(checkpoint)
    with progress_bar("scoring", 1.0) as update:
        result = making.explain(
            file,
            loaded,
            model=printable(checkpoint.name),
            name=printable(file.name),
            artifact=compare,
            head=head,
            hop_s=hop,
            min_level_dbfs=min_level_dbfs,
            start_s=start_s,
            stages=stage or (),
            events=lambda card: make_event_config(event_options, card, head),
            threads=threads,
            progress=update,
        )
    if compare is not None and per_layer:
        result = _with_layers(result, compare, checkpoint, calibration)
    for note in notes_of(result, min_level_dbfs):
        say("note", note)
    write_beside(drawing.drawn(result, place.suffix, dpi=dpi), place)
    document = _document(result, place, making.document_of(result))
    emit(as_json(document) if to_json else told(document), None)


def _document(result: Explanation, place: Path, figures: dict[str, Any]) -> dict[str, Any]:
    if result.comparison is not None and result.comparison.layers is not None:
        figures["compared"]["per_layer"] = layers_document(result.comparison.layers)
    return {"picture": str(place), **figures}


def _check_choices(compare: Path | None, *, per_layer: bool, calibration: str | None) -> None:
    if compare is None and per_layer:
        raise ConfigError(
            "--per-layer is given without --compare", fix="Name an exported file: --compare FILE."
        )
    if calibration and not per_layer:
        raise ConfigError(
            "--calibration is given without --per-layer", fix="Only a probe is calibrated."
        )


def _checkpoint(model: Path | None, compare: Path | None) -> Path:
    if model is not None:
        return model
    if compare is None:
        return bundled_checkpoint()
    card = read_model_card(compare)
    try:
        return find_reference(compare, card)
    except ModelFileError as error:
        raise ModelFileError(error.problem, fix="Name it with --model CHECKPOINT.") from error


def _with_layers(
    result: Explanation, artifact: Path, checkpoint: Path, calibration: str | None
) -> Explanation:
    looking = require("datar_edge.report.layers", extra="export", purpose=_PURPOSE)
    window = result.sound.departing or result.sound.shown
    with spinner("exporting the probe") as step:
        layers = looking.measure_layers(
            artifact,
            checkpoint,
            [window.samples[None]],
            calibration=recordings_of(calibration) if calibration else (),
            step=step,
        )
    assert result.comparison is not None
    compared = dataclasses.replace(result.comparison, layers=layers)
    return dataclasses.replace(result, comparison=compared)
