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
import xml.etree.ElementTree as ET
from pathlib import Path

import demo

TOOLS = Path(__file__).parent
PROGRAMS = {
    "java": "default-jdk-headless",
    "keytool": "default-jdk-headless",
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
    _step("models", sys.executable, TOOLS / "models.py", *(["--tests", *models] if models else []))
    _step("fetching ExecuTorch", sys.executable, TOOLS / "fetch_executorch.py")
    vectors = demo.REPOSITORY / "tools" / "android_vectors.py"
    _step("recordings for the tests", sys.executable, vectors, "--recordings")
    _forget_classes()
    _step("compiling and testing", "mvn", "-f", demo.DEMO / "build-jvm" / "pom.xml", "-q", "test")
    _tell_tests()
    _step("packing and signing", sys.executable, TOOLS / "apk.py", *models)
    _step("checking the APKs", sys.executable, TOOLS / "check_apk.py")


def _check_programs() -> None:
    missing = {package for name, package in PROGRAMS.items() if not shutil.which(name)}
    if missing:
        sys.exit(f"error: programs are missing; on Debian: apt install {' '.join(sorted(missing))}")


def _forget_classes() -> None:
    """A class whose source is gone would be tested and packed on."""
    for module in demo.JVM.glob("*/"):
        for folder in ("classes", "test-classes", "surefire-reports"):
            shutil.rmtree(module / folder, ignore_errors=True)


def _tell_tests() -> None:
    """Maven tells of failures only."""
    reports = demo.JVM.glob("*/surefire-reports/TEST-*.xml")
    suites = [ET.parse(file).getroot() for file in reports]  # noqa: S314 (Maven wrote them)
    passed, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "skipped")
    )
    print(f"{passed - skipped} tests in {len(suites)} classes passed, {skipped} were skipped")


def _step(name: str, *command: object) -> None:
    start = time.monotonic()
    done = subprocess.run([*map(str, command)], cwd=demo.REPOSITORY, check=False)
    print(f"== {name}: {time.monotonic() - start:.0f} s", file=sys.stderr)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
