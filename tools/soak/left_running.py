"""Memory over many windows, share of a core, time to the first score."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from datar_edge.runtime import read_model_card
from tools.soak.process import cpu_s, lines_of, resident_mb, running, share_of_a_core
from tools.soak.sounds import ROOT, long_file

_SAMPLES = 200
_SETTLED = 0.02
"""Share of the windows after which the process holds what it needs."""
_HEAVY = ("torch", "lightning", "safetensors", "ray", "pyarrow")


def memory(folder: Path, *, windows: int) -> dict[str, Any]:
    """Hears a file as fast as it can, a window every 0.02 s, and asks for its memory."""
    hop_s, card = 0.02, read_model_card()
    seconds = hop_s * windows + card.window_s
    sound = long_file(folder / f"{windows} windows.wav", seconds, card.sample_rate_hz)
    every = max(1, windows // _SAMPLES)
    samples: list[float] = []
    count = 0
    command = ("listen", "--input", sound, "--fast", "--hop", hop_s, "--json", "--scores")
    with running(*command) as process:
        for line in lines_of(process):
            if json.loads(line)["type"] != "scores":
                continue
            count += 1
            if count % every == 0:
                samples.append(resident_mb(process.pid))
                _show(f"{count} of {windows} windows, {samples[-1]:.1f} MB")
    settled = samples[int(_SETTLED * len(samples)) :]
    return {
        "windows": count,
        "start_mb": settled[0],
        "most_mb": max(samples),
        "growth_mb": settled[-1] - settled[0],
    }


def share(folder: Path, *, model: Path | None, seconds: float) -> dict[str, Any]:
    """Hears a file in real time with a window a second, an output file and the status port."""
    card = read_model_card(model)
    warm_s = card.window_s + 2.0
    sound = long_file(folder / "real time.wav", seconds + warm_s + 10.0, card.sample_rate_hz)
    chosen = () if model is None else ("--model", model)
    command = ("listen", "--input", sound, "--hop", 1, "--json", "--status-port", 0, *chosen)
    with running(*command) as process:
        next(lines_of(process))  # listening has begun
        time.sleep(warm_s)
        measured = share_of_a_core(process.pid, seconds)
    return {"share": measured, "seconds": seconds, "model": str(model or "bundled")}


def start_up(*, rounds: int) -> dict[str, Any]:
    """From the command's start to its first score, and which modules that imports."""
    sound = ROOT / "examples" / "rain.ogg"
    command = ("listen", "--input", sound, "--fast", "--json", "--scores")
    times = [_first_score_s(command) for _ in range(rounds)]
    return {
        "first_score_s": statistics.median(wall_s for wall_s, _ in times),
        "fastest_s": min(wall_s for wall_s, _ in times),
        "slowest_s": max(wall_s for wall_s, _ in times),
        "cpu_s": statistics.median(used_s for _, used_s in times),
        "rounds": rounds,
        **_imports(command),
    }


def _first_score_s(command: tuple[object, ...]) -> tuple[float, float]:
    """Wall and CPU time."""
    begun_s = time.monotonic()
    with running(*command) as process:
        for line in lines_of(process):
            if json.loads(line)["type"] == "scores":
                return time.monotonic() - begun_s, cpu_s(process.pid)
    raise RuntimeError("it printed no score")


def _imports(command: tuple[object, ...]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "datar_edge", *map(str, command)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split("|") for line in done.stderr.splitlines() if line.startswith("import time:")]
    modules = {row[2].strip() for row in rows[1:]}
    return {
        "modules": len(modules),
        "import_ms": sum(int(row[0].partition(":")[2]) for row in rows[1:]) / 1_000.0,
        "heavy": sorted(modules & set(_HEAVY)),
    }


def _show(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\x1b[K")
