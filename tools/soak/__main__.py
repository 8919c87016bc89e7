"""Measures how far the program can be relied on: writes `docs/reliability.md`.

    python -m tools.soak [--only NAME …] [--short] [--windows N] [--folder DIR] [--output FILE]

Each measurement is kept in the folder, so that a run that was stopped goes on; `--again` measures
anew. What is not measured stays on the page as it stands. The share of a core is of an int8 file,
which is exported once, and needs torch for that.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from datar_edge.runtime import read_model_card
from tools.soak import damaged, left_running
from tools.soak.falling_behind import delay
from tools.soak.full_disk import full_disk
from tools.soak.killed import killed
from tools.soak.losing_devices import losses
from tools.soak.page import page
from tools.soak.process import PROGRAM
from tools.soak.sounds import ROOT
from tools.soak.tagging import jobs
from tools.soak.together import together

_HOP_S = 1.0


def main() -> int:
    """Measures, writes the page; the exit status is 1 where an aim is missed."""
    arguments = _parsed()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    measured = {}
    for name, measure in _measurements(arguments).items():
        path = arguments.folder / f"{name}.json"
        wanted = not arguments.only or name in arguments.only
        if wanted or path.exists():
            measured[name] = _kept(path, measure, again=arguments.again and wanted)
    stands = arguments.output.exists() and not arguments.short
    before = arguments.output.read_text(encoding="utf-8") if stands else ""
    text, held = page(measured, before=before, short=arguments.short)
    arguments.output.write_text(text, encoding="utf-8")
    print(text)
    return 0 if held else 1


def _measurements(arguments: argparse.Namespace) -> Mapping[str, Callable[[], dict[str, Any]]]:
    short, folder = arguments.short, arguments.folder
    window_s = read_model_card().window_s
    return {
        "start_up": lambda: left_running.start_up(rounds=3 if short else 11),
        "delay": lambda: delay(seconds=6.0 if short else 60.0, hop_s=_HOP_S),
        "slow": lambda: delay(seconds=25.0 if short else 120.0, hop_s=window_s, slowness=3.0),
        "losses": lambda: losses(times=3 if short else 100),
        "share": lambda: left_running.share(
            folder,
            model=arguments.model or (None if short else _int8_file(folder)),
            seconds=5.0 if short else 120.0,
        ),
        "tag": lambda: jobs(
            folder,
            files=8 if short else 120,
            file_s=5.0 if short else 60.0,
            rounds=1 if short else 5,
        ),
        "memory": lambda: left_running.memory(folder, windows=400 if short else arguments.windows),
        "sounds": lambda: damaged.sounds(folder, each=4 if short else 400),
        "models": lambda: damaged.models(folder, each=5 if short else 2_000),
        "killed": lambda: killed(folder, times=1 if short else 20),
        "full_disk": lambda: full_disk(folder),
        "together": lambda: together(folder, processes=2 if short else 4),
    }


def _kept(path: Path, measure: Callable[[], dict[str, Any]], *, again: bool) -> dict[str, Any]:
    if again or not path.exists():
        print(f"measuring: {path.stem}", file=sys.stderr)
        partial = path.with_suffix(".part")
        partial.write_text(json.dumps(measure(), indent=2))
        partial.replace(path)
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def _int8_file(folder: Path) -> Path:
    path = folder / "int8.tflite"
    if not path.exists():
        command = [*PROGRAM, "export", "--target", "tflite", "--quantize", "int8"]
        subprocess.run([*command, "--output", str(path)], check=True, stdout=subprocess.DEVNULL)
    return path


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures how far one can rely on it.")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="only these measurements")
    parser.add_argument("--short", action="store_true", help="some minutes in place of hours")
    parser.add_argument("--again", action="store_true", help="measure what was measured before")
    parser.add_argument("--windows", type=int, default=100_000, help="that memory is watched over")
    parser.add_argument("--model", type=Path, help="file whose share of a core is measured")
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "soak")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "reliability.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
