"""The sounds that the bundled model learns hearing from."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(TOOLS))
    import synthetic_sounds  # type: ignore[import-not-found]  # noqa: PLC0415

    for number in (*range(12), 260):  # of the last a stroke falls seldom
        synthetic_sounds.write_sound(tmp_path, number, takes=2)
    return tmp_path


def test_each_take_is_a_sound_of_its_own(written: Path) -> None:
    files = sorted(written.glob("*/*.wav"))
    assert len(files) == 26
    takes = []
    for path in files:
        samples, rate_hz = soundfile.read(path)
        assert rate_hz == 16_000
        assert len(samples) == 51_200
        level_dbfs = 20 * np.log10(np.sqrt(np.mean(samples**2)))
        # A click that is cut at full scale has lost some of its level.
        assert -56.0 <= level_dbfs <= -9.9, path
        takes.append(samples)
    for first, second in zip(takes[::2], takes[1::2], strict=True):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.9


def test_they_follow_from_the_seed(written: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    sys.modules["synthetic_sounds"].write_sound(again, 3, takes=2)
    for path in again.glob("*/*.wav"):
        assert path.read_bytes() == (written / path.relative_to(again)).read_bytes()
