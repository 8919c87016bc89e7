"""What is none of the labels: pieces without a label, in folds that part no recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from datar_edge.data.negatives import read_negatives
from datar_edge.errors import DataError


def _write(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(round(seconds * 8_000)), 8_000)


@pytest.mark.parametrize(
    ("seconds", "starts"),
    [(0.2, [0.0]), (10.9, [0.0]), (11.0, [0.0, 10.0]), (34.5, [0.0, 10.0, 20.0, 30.0])],
)
def test_long_recordings_are_cut(tmp_path: Path, seconds: float, starts: list[float]) -> None:
    _write(tmp_path / "room.wav", seconds)
    clips = read_negatives(tmp_path)
    assert [clip.start_s for clip in clips] == starts
    assert [clip.duration_s for clip in clips] == [10.0] * (len(starts) - 1) + [None]
    assert all(clip.targets == {} for clip in clips)


def test_every_fifth_recording_is_of_fold_5(tmp_path: Path) -> None:
    for number in range(6):
        _write(tmp_path / "deep" / f"{number}.wav", 25.0)
    clips = read_negatives(tmp_path)
    folds = {name: {c.fold for c in clips if c.path.name == name} for name in ("4.wav", "5.wav")}
    assert folds == {"4.wav": {5}, "5.wav": {1}}
    assert len(clips) == 18


def test_a_broken_recording_is_left_for_the_reader_to_tell(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"junk")
    assert [clip.path.name for clip in read_negatives(tmp_path)] == ["x.wav"]


def test_no_folder_and_no_sound_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no does not exist"):
        read_negatives(tmp_path / "no")
    with pytest.raises(DataError, match="holds no sound"):
        read_negatives(tmp_path)
