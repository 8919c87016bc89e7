"""Options of `train` for starting from what is known already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer


@dataclass(frozen=True, kw_only=True)
class FineTuningOptions:
    """Where the weights start, and how they are kept from being lost."""

    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="CHECKPOINT",
            help="Weights to start from, or `bundled` for those that ship; heads with other labels "
            "are new.",
            show_default="random weights",
        ),
    ] = None
    head_epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="For the first N epochs only the heads learn.",
            show_default="0; 5 with --from",
        ),
    ] = None
    balanced: Annotated[
        bool | None,
        typer.Option(
            "--balanced/--not-balanced",
            help="Draw each label equally often, however many clips it has.",
            show_default="with --from",
        ),
    ] = None
    negatives: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Recordings of what is none of the labels, which no label shall score high on.",
            show_default="none",
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """The fields of `TrainConfig` that they set; None where that is left to the recipe."""
        return {
            "head_epochs": self.head_epochs,
            "balanced": self.balanced,
            "negatives": None if self.negatives is None else str(self.negatives),
        }
