"""What a report is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from datar_edge.data.dataset import Fold
from datar_edge.errors import ConfigError
from datar_edge.report.benchmark import Plan

SECTIONS: Mapping[str, str] = {
    "card": "Model card",
    "architecture": "Architecture",
    "accuracy": "Accuracy",
    "parity": "Parity with the float model",
    "benchmark": "Benchmark",
    "sensitivity": "Sensitivity to quantization",
}
"""Titles by name, in the order of the page."""

QUICK_SECTIONS = tuple(name for name in SECTIONS if name != "sensitivity")
"""Those that take minutes at most; sensitivity exports the model once a layer."""

Figures: TypeAlias = Mapping[str, Any]
"""What a measurement came to, as JSON holds it."""

Told: TypeAlias = Callable[[float], None]
"""Is told the share that is done, 0 to 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportPlan:
    """What a report is asked for.

    Attributes:
        model: the checkpoint.
        artifacts: files that were exported from it.
        sections: keys of `SECTIONS` to measure.
        data: the data set, as `--data` takes it; None for none.
        folds: of the data set; none given takes all.
        limit: takes the first clips; None takes all.
        hop_s: seconds between windows; None for what the cards say.
        benchmark: how long each file is run.
        target: of the sensitivity.
        quantize: of the sensitivity.
        calibration: recordings of the sensitivity's calibration; the package's own where empty.
        calibration_name: as `--calibration` took it.
        ranking: sensitivity that was saved by `quantize --sensitivity --json`.
    """

    model: Path
    artifacts: tuple[Path, ...] = ()
    sections: tuple[str, ...] = QUICK_SECTIONS
    data: str | None = None
    folds: tuple[Fold, ...] = ()
    limit: int | None = None
    hop_s: float | None = None
    benchmark: Plan = field(default_factory=Plan)
    target: str = "tflite"
    quantize: str = "int8"
    calibration: tuple[Path, ...] = ()
    calibration_name: str | None = None
    ranking: Path | None = None

    def __post_init__(self) -> None:
        for name in self.sections:
            if name not in SECTIONS:
                raise ConfigError(
                    f"there is no section {name!r}", fix=f"Sections: {', '.join(SECTIONS)}."
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One measurement: of one file, for one section.

    Attributes:
        section: a key of `SECTIONS`.
        file: what is measured.
        command: prints the same figures.
        subject: all that the figures depend on, as JSON holds it.
        measure: measures; None where something is missing, which `needs` tells.
        needs: what has to be given for it, as a sentence.
    """

    section: str
    file: str
    command: str
    subject: Mapping[str, Any]
    measure: Callable[[Told], Figures] | None
    needs: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What a task came to.

    Attributes:
        section: a key of `SECTIONS`.
        file: what was measured.
        command: prints the same figures.
        figures: what was measured; None where it was not.
        measured: when, UTC by ISO 8601; "" where it was not.
        machine: where, with the versions of what ran; empty where it was not, or is not known.
        needs: what has to be given for it, as a sentence.
    """

    section: str
    file: str
    command: str
    figures: Figures | None = None
    measured: str = ""
    machine: Mapping[str, Any] = field(default_factory=dict)
    needs: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All that a page tells.

    Attributes:
        model: the checkpoint.
        made: when, UTC by ISO 8601.
        machine: where, with the versions of what ran.
        entries: in the order of the page.
        commands: what puts a section on the page, by its name.
    """

    model: str
    made: str
    machine: Mapping[str, Any]
    entries: Sequence[Entry]
    commands: Mapping[str, str]

    def of(self, section: str) -> list[Entry]:
        """The entries of one section."""
        return [each for each in self.entries if each.section == section]

    def measured(self, section: str) -> list[tuple[str, Figures]]:
        """Files and their figures in one section, where they were measured."""
        return [(each.file, each.figures) for each in self.of(section) if each.figures is not None]
