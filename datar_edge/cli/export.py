"""`datar-edge export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datar_edge.bundled import bundled_checkpoint
from datar_edge.cli.options import ForceOption, JsonOption
from datar_edge.cli.output import Steps, percent, print_json, print_table, refuse_to_overwrite
from datar_edge.extras import require

if TYPE_CHECKING:
    from datar_edge.export import Exported


def export(
    checkpoint: Annotated[
        Path | None, typer.Argument(help="model.safetensors; the bundled one if absent.")
    ] = None,
    target: Annotated[str, typer.Option("--target", "-t", help="Format: tflite.")] = "tflite",
    sampler: Annotated[
        str, typer.Option("--sampler", help="Form of the sampler: native, gather, dense, auto.")
    ] = "auto",
    data: Annotated[
        str, typer.Option("--data", help="Real sound to compare on, such as esc:FOLDER.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Clips of it.")] = 50,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file; beside the checkpoint if absent."),
    ] = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a model file for a device, and keep it only if it computes what the model computes.

    The file takes a waveform and gives a score a label. Its labels, rate, window and origin are
    inside. It is compared with PyTorch on real sound before it gets its name.

    Example: datar-edge export runs/first/model.safetensors --target tflite
    """
    for package in ("torch", "safetensors"):
        require(package, extra="export", purpose="export")
    from datar_edge.data.readers import open_dataset  # noqa: PLC0415
    from datar_edge.export import export as run  # noqa: PLC0415
    from datar_edge.export.target import load_target  # noqa: PLC0415
    from datar_edge.models import load_checkpoint  # noqa: PLC0415
    from datar_edge.models.session import file_sha256  # noqa: PLC0415

    source = checkpoint or bundled_checkpoint()
    suffix = load_target(target).suffix
    beside = source.with_suffix(suffix) if checkpoint else Path(source.stem + suffix)
    destination = output or beside
    refuse_to_overwrite(destination, force=force)
    model = load_checkpoint(source)
    clips = open_dataset(data, limit=limit).clips if data else ()
    with Steps() as step:
        result = run(
            model,
            target=target,
            sampler=sampler,
            output=destination,
            recordings=tuple(clip.path for clip in clips),
            source_sha256=file_sha256(source),
            step=step,
        )
    if as_json:
        print_json([_document(result)])
    else:
        _show(result)


def _document(result: Exported) -> dict[str, object]:
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
        "not_delegated": dict(delegation.not_delegated),
        "parity": {
            "windows": parity.windows,
            "max_abs_score_diff": parity.max_abs_score_diff,
            "top1_agreement": parity.top1_agreement,
        },
    }


def _show(result: Exported) -> None:
    parity, delegation = result.parity, result.delegation
    share = delegation.delegated_ops / delegation.ops
    calls = f"in {delegation.delegate_calls} call{'s' * (delegation.delegate_calls != 1)}"
    left = ", ".join(f"{count} {name}" for name, count in delegation.not_delegated.items())
    print_table(
        f"{result.artifact}  {result.size_bytes / 1e6:.2f} MB, {result.quantize} quantization, "
        f"sampler {result.sampler}",
        f"operators: {delegation.ops}, the delegate takes {percent(share)} {calls}"
        + (f"; not {left}" if left else ""),
        f"against PyTorch on {parity.windows} windows of real sound and edge cases: largest "
        f"difference of a score {parity.max_abs_score_diff:.1e}, same best label in "
        f"{percent(parity.top1_agreement)}",
        f"next: datar-edge tag RECORDING --model {result.artifact}",
    )
