"""What the measuring functions give, as JSON holds it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datar_edge.card import ModelCard
from datar_edge.data.dataset import ClipSet
from datar_edge.report.benchmark import Measurement
from datar_edge.report.evaluate import Accuracy, Evaluation, HeadAccuracy
from datar_edge.report.page.plan import Figures
from datar_edge.report.page.wilson import wilson_interval

if TYPE_CHECKING:
    from datar_edge.export.verify import Bound, Parity
    from datar_edge.report.parity import ParityReport
    from datar_edge.report.sensitivity import LayerCost

_WORST_CLIPS = 5
_NAMED_SKIPPED = 5


def card_figures(card: ModelCard, path: Path, kind: str, sha256: str) -> Figures:
    """A card, and what its file is.

    Args:
        card: of the file.
        path: the file.
        kind: of the file, as `kind_of` tells it.
        sha256: of its content.
    """
    return {
        **dataclasses.asdict(card),
        "format": kind,
        "size_bytes": path.stat().st_size,
        "sha256": sha256,
        "window_s": card.window_s,
        "sample_rate_hz": card.sample_rate_hz,
    }


def accuracy_figures(result: Evaluation, clips: ClipSet, card: ModelCard, hop_s: float) -> Figures:
    """An evaluation with the intervals of its shares.

    Args:
        result: the evaluation.
        clips: what was asked.
        card: of the model.
        hop_s: seconds between windows.
    """
    return {
        **_data(clips, hop_s),
        "clips": result.clips,
        "trained_on": _trained_on(clips, card),
        **_skipped(result.skipped),
        "all_heads_top1": result.all_right,
        "heads": {head: _head(one, card.heads[head]) for head, one in result.heads.items()},
    }


def parity_figures(
    report: ParityReport, bound: Bound, drift: Sequence[str], clips: ClipSet, hop_s: float
) -> Figures:
    """A comparison with the float model.

    Args:
        report: the comparison.
        bound: of the file's quantization.
        drift: what is outside it, a phrase each.
        clips: what was compared on.
        hop_s: seconds between windows.
    """
    return {
        **_data(clips, hop_s),
        "clips": len(report.clips),
        **_skipped(report.skipped),
        "top1_agreement": report.top1_agreement,
        "reference_top1": report.reference_top1,
        "artifact_top1": report.artifact_top1,
        "over_windows": _parity(report.windows),
        "bound": {name: _finite(value) for name, value in dataclasses.asdict(bound).items()},
        "drift": list(drift),
        "worst": [
            {**dataclasses.asdict(each), "path": str(each.path)}
            for each in report.clips[:_WORST_CLIPS]
        ],
    }


def benchmark_figures(one: Measurement) -> Figures:
    """What a file costs, with every run."""
    figures = {**dataclasses.asdict(one), **dataclasses.asdict(one.latency)}
    del figures["artifact"]
    return {**figures, "added_rss_bytes": one.added_rss_bytes}


def sensitivity_figures(ranking: Sequence[LayerCost], clips: ClipSet) -> Figures:
    """What quantizing each layer alone costs, costliest first."""
    return {
        "data": clips.name,
        "folds": list(clips.folds),
        "layers": [
            {"layer": each.layer, "weights": each.weights, **_parity(each.parity)}
            for each in ranking
        ],
    }


def _data(clips: ClipSet, hop_s: float) -> dict[str, Any]:
    return {"data": clips.name, "folds": list(clips.folds), "hop_s": hop_s}


def _trained_on(clips: ClipSet, card: ModelCard) -> str:
    """Which of these clips the model was trained on, by its provenance; "" for none."""
    folds = card.provenance.get("folds", "")
    if card.provenance.get("data") != clips.name:
        return ""
    if folds == "all":
        return "all folds"
    trained = [str(fold) for fold in clips.folds if str(fold) in folds.split(",")]
    return f"{'fold' if len(trained) == 1 else 'folds'} {', '.join(trained)}" if trained else ""


def _skipped(problems: Sequence[str]) -> dict[str, Any]:
    return {"skipped": len(problems), "skipped_first": list(problems[:_NAMED_SKIPPED])}


def _head(one: HeadAccuracy, labels: Sequence[str]) -> dict[str, Any]:
    return {
        **_share(one.overall),
        "mean_average_precision": one.mean_average_precision,
        "expected_calibration_error": one.calibration_error,
        "labels": list(labels),
        "confusion": one.confusion.tolist(),
        "per_class": {label: _share(each) for label, each in one.per_class.items()},
    }


def _share(one: Accuracy) -> dict[str, Any]:
    right = round(one.top1 * one.clips)
    return {
        "clips": one.clips,
        "right": right,
        "top1": one.top1,
        "top1_interval": list(wilson_interval(right, one.clips)),
        "top5": one.top5,
    }


def _parity(parity: Parity) -> dict[str, Any]:
    return {name: _finite(value) for name, value in dataclasses.asdict(parity).items()}


def _finite(value: float) -> float | None:
    """JSON has no infinity: what is unbounded, or without noise, is null."""
    return value if math.isfinite(value) else None
