"""Builds wheel and source archive, and uses each as somebody does who has nothing else of ours.

    python tools/try_package.py [--keep DIR]

The source archive is made from the checkout, the wheel from the source archive. Each is installed
with its dependencies in an environment of its own, and then, in an empty folder, its version, its
tags of a recording and its events while listening to it are printed. That no torch was installed is
checked. The exit status is 1 where something fails.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOUND = "rooster.ogg"
EXPECTED = "Rooster"


def run(*command: str | Path, folder: Path) -> str:
    """Runs a command, and gives what it printed on standard output."""
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(
            f"{' '.join(map(str, command))}: exit status {done.returncode}\n"
            f"{done.stdout}{done.stderr}"
        )
    return done.stdout


def built(folder: Path) -> list[Path]:
    """The source archive and the wheel that is made from it."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, folder=folder)
    return sorted(folder.glob("*.whl")) + sorted(folder.glob("*.tar.gz"))


def install(package: Path, environment: Path) -> Path:
    """Installs a package in a fresh environment, by uv where there is one; gives its programs."""
    uv = shutil.which("uv")
    venv.create(environment, with_pip=uv is None)
    python = environment / "bin" / "python"
    pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    run(*pip, "--quiet", package, folder=environment)
    return environment / "bin"


def use(programs: Path, folder: Path) -> None:
    """Prints what the installed program says; fails where it is not what it should be."""
    program = programs / "datar-edge"
    sound = folder / SOUND
    shutil.copy(ROOT / "examples" / SOUND, sound)
    print(run(program, "--version", folder=folder).strip())
    print(run(program, "info", folder=folder).splitlines()[0])
    for command in (["tag", sound], ["listen", "--input", sound, "--fast"]):
        printed = run(program, *command, folder=folder)
        print(printed.rstrip())
        if EXPECTED not in printed:
            raise SystemExit(f"{' '.join(map(str, command))} does not hear {EXPECTED!r}")
    finds = "import importlib.util as u; print(u.find_spec('torch'))"
    if run(programs / "python", "-c", finds, folder=folder).strip() != "None":
        raise SystemExit("the base installation brings torch")


def main() -> None:
    """Builds, installs, uses."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, metavar="DIR", help="copy the two packages there")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        packages = built(folder)
        for number, package in enumerate(packages):
            print(f"\n== {package.name}, {package.stat().st_size / 1e6:.1f} MB", flush=True)
            empty = folder / f"empty-{number}"
            empty.mkdir()
            use(install(package, folder / f"environment-{number}"), empty)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            for package in packages:
                shutil.copy(package, keep)


if __name__ == "__main__":
    main()
