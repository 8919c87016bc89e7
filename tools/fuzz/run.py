"""Takes many mutations of a file, in processes that are watched."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SEED = 20_260_101
PROCESSES = 2
ALLOWED_S = 120.0
"""For one mutation; it takes a second, where a runtime is imported and others work some more."""

Result = dict[str, Any]


def fuzz(kind: str, source: Path, count: int, folder: Path) -> list[Result]:
    """What each of so many mutations came to, in their order.

    Args:
        kind: "models" or "sounds".
        source: the file that is damaged.
        count: mutations.
        folder: for damaged files and results.

    Raises:
        RuntimeError: a process crashed or hung.
    """
    share = -(-count // PROCESSES)
    firsts = range(0, count, share)
    with ThreadPoolExecutor(PROCESSES) as pool:
        parts = pool.map(lambda first: _work(kind, source, first, share, folder), firsts)
        return [result for part in parts for result in part]


def _work(kind: str, source: Path, first: int, count: int, folder: Path) -> list[Result]:
    """Results of a process that must live to its end and answer all the time."""
    output = folder / f"results-{source.stem}{source.suffix}-{first}.jsonl"
    command = ["-m", "tools.fuzz.worker", kind, source, SEED, first, count, folder]
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *map(str, command)], stdout=stream, stderr=subprocess.STDOUT, cwd=ROOT
        )
        seen, since_s = 0, time.monotonic()
        while process.poll() is None:
            time.sleep(0.2)
            size = output.stat().st_size
            if size != seen:
                seen, since_s = size, time.monotonic()
            elif time.monotonic() - since_s > 2 * ALLOWED_S:
                process.kill()
    lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    if process.returncode:
        raise RuntimeError(f"status {process.returncode} after {lines[-1:]}")
    told = [json.loads(line) for line in lines if line.startswith("{")]
    results = [result for result in told if "ended" in result]
    if [result["number"] for result in results] != list(range(first, first + count)):
        raise RuntimeError(f"of {count} mutations {len(results)} were answered")
    return results


def escaped(results: list[Result]) -> list[Result]:
    """Those that ended in an error that is not ours, or took too long."""
    return [r for r in results if r["ended"] == "escaped" or r["took_s"] > ALLOWED_S]
