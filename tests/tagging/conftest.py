"""A folder of real recordings, many times over, and what the plain run makes of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def many_sounds(tmp_path: Path, real_sounds: list[Path]) -> Callable[[int], Path]:
    """Makes a folder of that many recordings, in two folders below it."""

    def make(count: int) -> Path:
        root = tmp_path / "archive"
        for index in range(count):
            sound = real_sounds[index % len(real_sounds)]
            folder = root / f"day {index % 2}"
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(sound, folder / f"{index:04}{sound.suffix}")
        return root

    return make
