"""Asks uv whether the base and each extra can be installed from wheels, by system and by Python.

    python tools/resolve_platforms.py

Needs `uv` and the package index. Prints a table; the exit status is 1 where something that should
be there cannot be installed.
"""

from __future__ import annotations

import importlib
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLATFORMS = {
    "Linux x86-64": "x86_64-manylinux_2_28",
    "Linux aarch64": "aarch64-manylinux_2_28",
    "macOS arm64": "aarch64-apple-darwin",
    "Windows x86-64": "x86_64-pc-windows-msvc",
}
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
FROM_3_11 = ("onnx", "export", "all")
"""onnxruntime's newest releases have no wheels for Python 3.10, which is not asked for them."""
MACOS = "14.0"
"""torch, onnxruntime and executorch ask for it at least."""


def extras() -> list[str]:
    """The base, as an empty name, and the extras of pyproject.toml."""
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    project = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return ["", *project["optional-dependencies"]]


def resolves(uv: str, extra: str, platform: str, python: str) -> str:
    """What stands in the way; empty for nothing."""
    command = [uv, "pip", "compile", "pyproject.toml", "--quiet", "--only-binary", ":all:"]
    command += ["--python-platform", platform, "--python-version", python, "--output-file"]
    command += [os.devnull, *(["--extra", extra] if extra else [])]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": MACOS},
    )
    return done.stderr.strip() if done.returncode else ""


def main() -> int:
    """Prints the table."""
    uv = shutil.which("uv")
    if uv is None:
        print("error: uv is not installed. Install it with: pip install uv", file=sys.stderr)
        return 2
    failures = []
    print("| | " + " | ".join(PLATFORMS) + " |\n|" + " --- |" * (1 + len(PLATFORMS)))
    for extra in extras():
        cells = []
        for name, platform in PLATFORMS.items():
            fine = []
            for python in PYTHONS[extra in FROM_3_11 :]:
                problem = resolves(uv, extra, platform, python)
                if not problem:
                    fine.append(python)
                else:
                    failures.append(f"{extra or 'base'}, {name}, Python {python}:\n{problem}")
            cells.append(_span(fine))
        print(f"| {extra or 'base'} | " + " | ".join(cells) + " |", flush=True)
    print(*failures, sep="\n\n", file=sys.stderr)
    return 1 if failures else 0


def _span(pythons: list[str]) -> str:
    """Such as "3.10 to 3.13"; all that are between are there."""
    if not pythons:
        return "–"
    first, last = PYTHONS.index(pythons[0]), PYTHONS.index(pythons[-1])
    if list(itertools.islice(PYTHONS, first, last + 1)) != pythons:
        return ", ".join(pythons)
    return f"{pythons[0]} to {pythons[-1]}"


if __name__ == "__main__":
    sys.exit(main())
