"""`datar-edge export`: a model file for a device, from a checkpoint."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datar_edge.bundled import bundled_checkpoint
from datar_edge.cli.options import ForceOption, JsonOption
from datar_edge.cli.output import as_json, check_output, emit
from datar_edge.cli.progress import spinner
from datar_edge.data.readers import open_dataset
from datar_edge.extras import require

if TYPE_CHECKING:
    from datar_edge.export import Exported

_PURPOSE = "exporting a model"


def export_model(
    *,
    checkpoint: Annotated[
        Path | None,
        typer.Argument(
            metavar="CHECKPOINT", help="model.safetensors.", show_default="the bundled model"
        ),
    ] = None,
    target: Annotated[str, typer.Option(help="Format of the file: tflite.")] = "tflite",
    sampler: Annotated[
        str,
        typer.Option(
            help="Form of the bilinear sampler: native, gather, dense, or auto for the target's "
            "fastest; what it computes is the same."
        ),
    ] = "auto",
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SET",
            help="Compare on these clips: esc:DIR or folder:DIR.",
            show_default="recordings of the package",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", help="Clips of --data to compare on.")] = 50,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file.", show_default="beside the checkpoint"),
    ] = None,
    force: ForceOption = False,
    to_json: JsonOption = False,
) -> None:
    """Writes a model file for a device, kept only if it computes what the checkpoint computes.

    The file takes a waveform and gives a score for each label. Labels, rate, window and origin
    are inside. Before it gets its name it is compared with PyTorch on real sound.

    Example: datar-edge export run/model.safetensors --target tflite
    """
    pipeline = require("datar_edge.export", extra="export", purpose=_PURPOSE)
    models = require("datar_edge.models", extra="export", purpose=_PURPOSE)
    source = bundled_checkpoint() if checkpoint is None else checkpoint
    suffix = pipeline.load_target(target).suffix
    beside = source.with_suffix(suffix)
    destination = output or (Path(beside.name) if checkpoint is None else beside)
    check_output(destination, force=force)
    loaded = models.load_checkpoint(source)
    clips = open_dataset(data, limit=limit).clips if data else ()
    with spinner("lowering") as step:
        result = pipeline.export(
            loaded,
            target=target,
            sampler=sampler,
            output=destination,
            recordings=tuple(clip.path for clip in clips),
            source=source,
            step=step,
        )
    emit(as_json([_document(result)]) if to_json else _summary(result), None)


def _document(result: Exported) -> dict[str, Any]:
    parity, delegation = result.parity, result.delegation
    return {
        "artifact": str(result.artifact),
        "target": result.target,
        "quantize": result.quantize,
        "sampler": result.sampler,
        "size_bytes": result.size_bytes,
        "ops": delegation.ops,
        "delegated_ops": delegation.delegated_ops,
        "delegate_calls": delegation.delegate_calls,
        "not_delegated": [dataclasses.asdict(each) for each in delegation.not_delegated],
        "weights": dict(result.types.weights),
        "activations": dict(result.types.activations),
        "parity": dataclasses.asdict(parity),
    }


def _summary(result: Exported) -> str:
    parity, delegation = result.parity, result.delegation
    share = delegation.delegated_ops / delegation.ops
    left = ", ".join(f"{each.count} {each.operator}" for each in delegation.not_delegated)
    return (
        f"Wrote {result.artifact}\n"
        f"  size       {result.size_bytes / 1e6:.2f} MB, quantization {result.quantize}, "
        f"sampler {result.sampler}\n"
        f"  operators  {delegation.ops}, of which the delegate runs {share:.1%} in "
        f"{delegation.delegate_calls} part(s){f'; not: {left}' if left else ''}\n"
        f"  parity     {parity.windows} windows of real sound: a logit differs from PyTorch's by "
        f"{parity.max_abs_logit_diff:.1e} at most, a score by {parity.max_abs_score_diff:.1e}; "
        f"{parity.top1_agreement:.1%} have the same best label\n"
        f"Next: datar-edge tag SOUND.wav --model {result.artifact}"
    )
