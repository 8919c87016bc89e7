"""Builds the demo where Google's Maven repository cannot be reached: `make android`.

    python android_demo/tools/build.py [MODEL…]

Fetches, compiles, tests, packs, signs and checks, and says how long each took. Models that are
named take the place of the bundled one's in the APKs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import demo

TOOLS = Path(__file__).parent
PROGRAMS = {
    "java": "openjdk-17-jdk-headless",
    "keytool": "openjdk-17-jdk-headless",
    "mvn": "maven",
    "npm": "npm",
    "aapt2": "aapt",
    "apksigner": "apksigner",
}
"""Debian's package of each program."""


def main() -> None:
    """Runs the steps in order; the first that fails ends it."""
    models = [str(Path(name).resolve()) for name in sys.argv[1:]]
    _check_programs()
    if models:
        _step("checking your models", sys.executable, TOOLS / "models.py", "--check", *models)
    _step("fetching ExecuTorch", sys.executable, TOOLS / "fetch_executorch.py")
    _step("exporting the models", sys.executable, TOOLS / "models.py")
    vectors = demo.REPOSITORY / "tools" / "android_vectors.py"
    _step("recordings for the tests", sys.executable, vectors, "--recordings")
    _step("compiling and testing", "mvn", "-f", demo.DEMO / "build-jvm" / "pom.xml", "-q", "test")
    _step("packing and signing", sys.executable, TOOLS / "apk.py", *models)
    _step("checking the APKs", sys.executable, TOOLS / "check_apk.py")


def _check_programs() -> None:
    missing = {package for name, package in PROGRAMS.items() if not shutil.which(name)}
    if missing:
        sys.exit(f"error: programs are missing; on Debian: apt install {' '.join(sorted(missing))}")


def _step(name: str, *command: object) -> None:
    start = time.monotonic()
    done = subprocess.run([*map(str, command)], cwd=demo.REPOSITORY, check=False)
    print(f"== {name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
