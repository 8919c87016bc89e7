"""Options that several commands share, told in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
DataOption = Annotated[str, typer.Option(metavar="SET", help="esc:DIR or folder:DIR.")]
LimitOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Only the first N clips, taken from each label in turn.",
        show_default="all",
    ),
]
