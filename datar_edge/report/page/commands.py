"""The commands that print the figures of a report."""

from __future__ import annotations

import shlex
from pathlib import Path

from datar_edge.report.benchmark import Plan
from datar_edge.report.page.plan import ReportPlan

_PROGRAM = "datar-edge"
_FILE = Path("FILE")
"""Stands for an exported file where none was given."""


def info(file: Path) -> str:
    """Prints what a file is."""
    return _command("info", file)


def evaluate(plan: ReportPlan) -> str:
    """Prints how often the model is right."""
    return _command("evaluate", plan.model, *_clips(plan), *_threads(plan))


def parity(plan: ReportPlan, artifact: Path | None) -> str:
    """Prints how near a file is to the model."""
    reference = ("--reference", plan.model)
    return _command("parity", artifact or _FILE, *reference, *_clips(plan), *_threads(plan))


def benchmark(plan: ReportPlan, artifact: Path | None) -> str:
    """Prints what a file costs."""
    settings = plan.benchmark
    return _command(
        "benchmark",
        artifact or _FILE,
        *("--rounds", settings.rounds),
        *("--seconds", f"{settings.seconds:g}"),
        *_threads(plan),
    )


def sensitivity(plan: ReportPlan, limit: int) -> str:
    """Prints what quantizing each layer costs."""
    return _command(
        "quantize",
        plan.model,
        *_quantization(plan),
        "--sensitivity",
        *("--data", plan.data or "SET"),
        *_folds(plan),
        *("--limit", limit),
    )


def report(plan: ReportPlan, section: str, output: Path) -> str:
    """Puts a section on the page that is not on it.

    Args:
        plan: of the page.
        section: a key of `SECTIONS`.
        output: the page.
    """
    artifacts = plan.artifacts or ((_FILE,) if section in {"parity", "benchmark"} else ())
    return _command(
        "report",
        plan.model,
        *(part for artifact in artifacts for part in ("--artifact", artifact)),
        *_clips(plan),
        *(_quantization(plan) if section == "sensitivity" else ()),
        *("--sections", section),
        *("--output", output),
        "--force",
    )


def _quantization(plan: ReportPlan) -> tuple[object, ...]:
    return (
        *("--target", plan.target),
        *("--quantize", plan.quantize),
        *(("--calibration", plan.calibration_name) if plan.calibration_name else ()),
    )


def _clips(plan: ReportPlan) -> tuple[object, ...]:
    return (
        *("--data", plan.data or "SET"),
        *_folds(plan),
        *(() if plan.limit is None else ("--limit", plan.limit)),
        *(() if plan.hop_s is None else ("--hop", f"{plan.hop_s:g}")),
    )


def _folds(plan: ReportPlan) -> tuple[object, ...]:
    return ("--folds", ",".join(map(str, plan.folds))) if plan.folds else ()


def _threads(plan: ReportPlan) -> tuple[object, ...]:
    threads = plan.benchmark.threads
    return () if threads == Plan().threads else ("--threads", threads)


def _command(*parts: object) -> str:
    return shlex.join((_PROGRAM, *map(str, parts)))
