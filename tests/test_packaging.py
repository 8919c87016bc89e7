from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

# tomllib is in the standard library from Python 3.11 on; pytest brings tomli where it is not.
toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

ROOT = Path(__file__).parents[1]
PYPROJECT = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAPPED = {"datar_edge.export": "export", "datar_edge.quantize": "quantize"}


def modules(folder: Path) -> list[Path]:
    """Python files below a folder; the links are not followed."""
    return sorted(path.relative_to(ROOT) for path in folder.rglob("*.py"))


def installed_names() -> set[str]:
    """What every Python file of the project is called once it is installed."""
    names = {path.as_posix() for path in modules(ROOT / "datar_edge")}
    names = {name for name in names if not name.startswith(tuple(map(as_link, MAPPED)))}
    for folder in MAPPED.values():
        names |= {f"datar_edge/{path.as_posix()}" for path in modules(ROOT / folder)}
    return names


def as_link(package: str) -> str:
    return package.replace(".", "/") + "/"


def test_the_packages_listed_are_the_folders_on_the_disk() -> None:
    folders = {"datar_edge", *MAPPED}
    for top in ("datar_edge", *MAPPED.values()):
        for path in (ROOT / top).rglob("*"):
            if path.is_dir() and not path.is_symlink() and path.name != "__pycache__":
                name = path.relative_to(ROOT).as_posix().replace("/", ".")
                folders.add(name if top == "datar_edge" else f"datar_edge.{name}")
    assert PYPROJECT["tool"]["setuptools"]["packages"] == sorted(folders)
    assert PYPROJECT["tool"]["setuptools"]["package-dir"] == MAPPED


@pytest.mark.parametrize("name", ["export", "quantize"])
def test_the_links_are_committed_as_links(name: str) -> None:
    link = ROOT / "datar_edge" / name
    assert link.is_symlink()
    assert link.readlink() == Path("..", name)
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    entry = subprocess.run(
        ["git", "ls-files", "--stage", f"datar_edge/{name}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert entry.startswith("120000 ")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel, built from a copy of the tree."""
    tree = tmp_path_factory.mktemp("tree")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("datar_edge", "export", "quantize", "tests", "examples", "docs"):
        shutil.copytree(ROOT / name, tree / name, symlinks=True, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr
    [path] = (tree / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_a_wheel_holds_every_module_under_its_own_name(wheel: set[str]) -> None:
    assert {name for name in wheel if name.endswith(".py")} == installed_names()
    assert "datar_edge/export/__init__.py" in wheel
    assert "datar_edge/quantize/__init__.py" in wheel


def test_a_wheel_holds_the_types_and_all_that_is_bundled(wheel: set[str]) -> None:
    bundled = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "datar_edge" / "bundled").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "datar_edge/bundled/datar-micro.tflite" in bundled
    assert bundled | {"datar_edge/py.typed"} <= wheel


def test_a_wheel_holds_nothing_else_but_its_metadata(wheel: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert tops == {"datar_edge", f"datar_edge-{PYPROJECT['project']['version']}.dist-info"}
