from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from datar_edge.audio.files import AUDIO_SUFFIXES

ROOT = Path(__file__).parents[1]
MODELS = {".ckpt", ".onnx", ".pt", ".pte", ".pth", ".safetensors", ".tflite"}
LABELS = {".csv", ".tsv"}
MOST_BYTES = 30_000_000
# Licences whose terms ask for a link, not for a copy of their text.
LINKED = {"CC0-1.0", "CC-BY-3.0", "CC-BY-4.0"}


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What is in git, or would be by the next `git add`."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = [ROOT / name for name in sorted(set(listed.split("\0")) - {""})]
    return [path for path in paths if path.is_file()]


def test_models_sounds_and_labels_stay_small(files: list[Path]) -> None:
    weighed = [path for path in files if path.suffix in AUDIO_SUFFIXES | MODELS | LABELS]
    assert weighed
    assert sum(path.stat().st_size for path in weighed) < MOST_BYTES


def test_every_sound_says_where_it_is_from_and_by_what_right(files: list[Path]) -> None:
    for path in (path for path in files if path.suffix in AUDIO_SUFFIXES):
        notice = path.with_name("NOTICE.md")
        if notice.is_file():
            assert f"`{path.name}`" in notice.read_text(encoding="utf-8")
            continue
        text = path.with_name(f"{path.name}.license").read_text(encoding="utf-8")
        assert re.search(r"^SPDX-FileCopyrightText: \S", text)
        found = re.search(r"^SPDX-License-Identifier: (\S+)$", text, flags=re.MULTILINE)
        assert found, path
        if found[1] in LINKED:
            assert "https://creativecommons.org/" in text
        else:
            assert (path.parent / "LICENSES" / f"{found[1]}.txt").is_file()


def test_every_example_is_in_the_table_of_examples() -> None:
    table = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    sounds = [path for path in (ROOT / "examples").iterdir() if path.suffix in AUDIO_SUFFIXES]
    assert len(sounds) >= 2
    for path in sounds:
        assert f"| `{path.name}` |" in table
