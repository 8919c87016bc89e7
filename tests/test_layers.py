from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.configuration import configure

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the package, its links kept, to put a wrong import into."""
    for name in ("datar_edge", "export", "quantize"):
        ignore = shutil.ignore_patterns("__pycache__", "*.tflite", "*.safetensors")
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(tree: Path) -> tuple[int, str]:
    done = subprocess.run(
        [SCRIPTS / "lint-imports", "--no-cache", "--no-logo"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_imports_go_one_way(tree: Path) -> None:
    status, output = lint_imports(tree)
    assert status == 0, output


@pytest.mark.parametrize(
    ("path", "line", "broken"),
    [
        ("export/wrong.py", "import datar_edge.cli", "datar_edge.export.wrong -> datar_edge.cli"),
        ("quantize/wrong.py", "from datar_edge import export", "datar_edge.quantize.wrong ->"),
        ("datar_edge/data/wrong.py", "import datar_edge.train", "datar_edge.data.wrong ->"),
        ("datar_edge/runtime/wrong.py", "import torch", "datar_edge.runtime.wrong -> torch"),
        ("datar_edge/audio/wrong.py", "import datar_edge.features", "datar_edge.audio.wrong ->"),
        ("datar_edge/listen/wrong.py", "import datar_edge.export", "datar_edge.listen.wrong ->"),
    ],
)
def test_an_import_against_the_layers_is_found(
    tree: Path, path: str, line: str, broken: str
) -> None:
    (tree / path).write_text(f"{line}\n", encoding="utf-8")
    status, output = lint_imports(tree)
    assert status == 1
    assert broken in output


def test_every_part_of_the_package_has_a_layer() -> None:
    configure()
    contracts = read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    listed = {name.strip() for layer in layers for name in layer.split("|")}
    graph = grimp.build_graph("datar_edge", cache_dir=None)
    assert graph.find_children("datar_edge") == listed


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("import export", True),
        ("from quantize import recipes", True),
        ("from export.tflite import TFLite", True),
        ("import datar_edge.export", False),
        ("from datar_edge import quantize", False),
    ],
)
def test_a_bare_export_or_quantize_is_refused(line: str, refused: bool) -> None:
    done = subprocess.run(
        [SCRIPTS / "ruff", "check", "--select=TID251", "--stdin-filename=datar_edge/a.py", "-"],
        cwd=ROOT,
        input=f"{line}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("TID251" in done.stdout) is refused
    assert done.returncode == int(refused)
