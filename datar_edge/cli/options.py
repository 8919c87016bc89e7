"""Options that several commands have, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datar_edge.audio.windows import SILENCE_DBFS

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, help="Threads of the runtime.")]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", "-m", help="An exported model; the bundled one if absent."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write there, not to stdout.")
]
HopOption = Annotated[
    float | None,
    typer.Option("--hop", help="Seconds between windows; the model's own if absent."),
]
SilenceOption = Annotated[
    float,
    typer.Option("--min-level-dbfs", help="Windows quieter than this are silence, not scored."),
]
AllowOption = Annotated[
    list[str] | None, typer.Option("--allow", help="Only these labels; may be repeated.")
]
DenyOption = Annotated[
    list[str] | None, typer.Option("--deny", help="Not these labels; may be repeated.")
]
DataOption = Annotated[
    str, typer.Option("--data", help="Data set: esc:FOLDER, or folder:FOLDER, one folder a label.")
]
FoldsOption = Annotated[
    str, typer.Option("--folds", help="Folds to use, such as 1,2,3; all if absent.")
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", min=1, help="The first so many clips, labels in turn.")
]

DEFAULT_SILENCE_DBFS = SILENCE_DBFS
