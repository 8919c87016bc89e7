"""Thousands of damaged files, sounds and models."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.fuzz.model_files import write_pair
from tools.fuzz.run import Result, escaped, fuzz
from tools.fuzz.sounds import RATE_HZ, write_sources
from tools.soak.sounds import recordings

_SHORT = slice(8_000, 10_000)
_LONG = slice(8_000, 24_000)
"""Samples of a barking dog; of a shorter file a larger part is structure."""


def sounds(folder: Path, *, each: int) -> dict[str, Any]:
    """So many damaged files of each format and of two lengths."""
    results, crashed = [], 0
    for name, part in (("short", _SHORT), ("long", _LONG)):
        work = _empty(folder / f"damaged sounds {name}")
        for source in write_sources(recordings(RATE_HZ)[part], work):
            some, crashes = _fuzzed("sounds", source, each, work)
            results += some
            crashed += crashes
    return _counted(results, crashed)


def models(folder: Path, *, each: int) -> dict[str, Any]:
    """So many damaged files for each runtime, with a seal and without.

    Of ExecuTorch's without a seal it is a fifth: each takes a process that imports PyTorch.
    """
    results, sealed, crashed = [], [], 0
    for kind in ("tflite", "onnx", "executorch"):
        work = _empty(folder / f"damaged models {kind}")
        for source in write_pair(kind, work):
            slow = kind == "executorch" and source.stem != "sealed"
            some, crashes = _fuzzed("models", source, each // 5 if slow else each, work)
            results += some
            sealed += some if source.stem == "sealed" else []
            crashed += crashes
    unnoticed = [result for result in sealed if result["ended"] == "ran" and not result["whole"]]
    return {
        **_counted(results, crashed),
        "sealed": len(sealed),
        "unnoticed": len(unnoticed),
    }


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _fuzzed(kind: str, source: Path, count: int, work: Path) -> tuple[list[Result], int]:
    """Results, and whether a process crashed or hung: what follows is not known then."""
    try:
        return fuzz(kind, source, count, work), 0
    except RuntimeError as error:
        print(f"{source.name}: {error}")
        return [], 1


def _counted(results: Sequence[Result], crashed: int) -> dict[str, Any]:
    ran = sum(result["ended"] == "ran" for result in results)
    outside = len(escaped(list(results)))
    return {
        "files": len(results),
        "ran": ran,
        "refused": len(results) - ran - outside,
        "escaped": outside,
        "crashed": crashed,
        "longest_s": max(result["took_s"] for result in results),
        "peak_mb": max(result["peak_mb"] for result in results),
    }
