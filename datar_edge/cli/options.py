"""Options that several commands share, told in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datar_edge.variants import VARIANTS

ModelOption = Annotated[
    Path | None,
    typer.Option(help="A .tflite file that datar-edge exported.", show_default="the bundled model"),
]
HopOption = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help="Distance between windows.", show_default="the model's own"
    ),
]
ThreadsOption = Annotated[int, typer.Option(metavar="N", help="Threads of the runtime.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(metavar="LABEL", help="Only this label counts; may be given again."),
]
DenyOption = Annotated[
    list[str] | None,
    typer.Option(metavar="LABEL", help="This label does not count; may be given again."),
]
MinLevelOption = Annotated[
    float,
    typer.Option(
        "--min-level-dbfs",
        metavar="DB",
        help="Windows below this RMS level are silence, and the model is not run on them.",
    ),
]
OutputOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write there instead of printing.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the output.")]
DataOption = Annotated[
    str,
    typer.Option(
        metavar="SET",
        help="A data set: esc:DIR, folder:DIR, vggsound:DIR, kinetics-sounds:DIR, "
        "epic-kitchens:DIR.",
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Only the first N clips, taken from each label in turn.",
        show_default="all",
    ),
]
FoldsOption = Annotated[
    str, typer.Option(metavar="1,2,…", help="Only these folds.", show_default="all")
]
TargetOption = Annotated[
    str,
    typer.Option(
        metavar="TARGET", help="Runtime that the file is for: tflite, executorch or onnx."
    ),
]
QuantizeOption = Annotated[
    str,
    typer.Option(
        metavar="KIND",
        help="none; fp16: weights of half precision; int8-dynamic: weights of 8 bits, ranges of "
        "activations taken as it runs; int8: both of 8 bits, ranges taken from --calibration.",
    ),
]
CalibrationOption = Annotated[
    str | None,
    typer.Option(
        metavar="SET|DIR",
        help="Sound that ranges of activations are measured on: esc:DIR, folder:DIR, or a plain "
        "folder of recordings.",
        show_default="recordings of the package",
    ),
]
VariantsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        metavar="NAME",
        help=f"Changes one thing of the preset: {', '.join(VARIANTS)}; may be given again.",
    ),
]
CheckpointArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="CHECKPOINT", help="model.safetensors.", show_default="the bundled model"
    ),
]
