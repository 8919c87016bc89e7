"""Puts models into the app's assets.

    python android_demo/tools/models.py                 the bundled model, in all its forms
    python android_demo/tools/models.py FILE…           these files in their place: .tflite, .pte
    python android_demo/tools/models.py --tests FILE…   these, and the one that the tests run

The app offers whatever lies there: labels, rate, window and thresholds come from each file's card.
The JVM tests and Android Studio read the folder; apk.py packs the files that it is told.
Needs the developer's environment (`make dev`).
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
from pathlib import Path

import demo

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.errors import DatarEdgeError
from datar_edge.runtime import open_session

ENDINGS = {".tflite", ".pte"}


def main() -> None:
    """Fills build/assets/models/ anew."""
    for_tests = sys.argv[1:2] == ["--tests"]
    files = [Path(name) for name in sys.argv[1 + for_tests :]]
    try:
        for file in files:
            _check(file)
    except DatarEdgeError as error:
        sys.exit(f"error: {error}")
    if not files:
        _put([bundled_tflite(), *map(_exported, demo.FORMS)])
    else:
        _put(_with_bundled(files) if for_tests else files)


def _with_bundled(files: list[Path]) -> list[Path]:
    """The files and the bundled model, which the tests know by its name."""
    bundled = bundled_tflite()
    for file in files:
        if file.name == bundled.name and not filecmp.cmp(file, bundled, shallow=False):
            sys.exit(f"error: the tests run the bundled {bundled.name}: give yours another name")
    return [bundled, *files]


def _check(file: Path) -> None:
    if file.suffix not in ENDINGS:
        sys.exit(f"error: {file} is neither a .tflite nor a .pte")
    with open_session(file) as session:
        print(f"{file.name}: {len(session.card.labels)} labels, {session.card.window_s:g} s")


def _exported(name: str) -> Path:
    """A form of the bundled model, exported where it is missing or older than the checkpoint."""
    place = demo.EXPORTS / name
    checkpoint = bundled_checkpoint()
    if not place.is_file() or place.stat().st_mtime < checkpoint.stat().st_mtime:
        place.parent.mkdir(parents=True, exist_ok=True)
        target, quantize = demo.FORMS[name]
        command = [sys.executable, "-m", "datar_edge", "export", str(checkpoint), "--force"]
        command += ["--target", target, "--quantize", quantize, "--output", str(place)]
        subprocess.run(command, check=True)
    return place


def _put(files: list[Path]) -> None:
    fresh = demo.ASSETS / "models.fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for file in files:
        shutil.copy2(file, fresh / file.name)
    shutil.rmtree(demo.MODELS, ignore_errors=True)
    fresh.rename(demo.MODELS)


if __name__ == "__main__":
    main()
