from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from datar_edge.audio import read_audio
from datar_edge.errors import AudioError
from datar_edge.listen.sources.file import FileSource


def test_a_file_is_heard_whole(examples: Path) -> None:
    path = examples / "rain.ogg"
    with FileSource(path, fast=True) as source:
        blocks = list(source.blocks(16_000))
    np.testing.assert_array_equal(np.concatenate(blocks), read_audio(path, 16_000))
    assert max(len(block) for block in blocks) <= 1_600
    assert not source.live


def test_a_file_is_heard_in_real_time(write_sound, noise) -> None:
    path = write_sound("short.wav", noise(0.6))
    begun_s = time.monotonic()
    with FileSource(path) as source:
        times_s = [time.monotonic() - begun_s for _ in source.blocks(16_000)]
    assert len(times_s) == 6
    for heard, at_s in enumerate(times_s, start=1):
        assert at_s >= 0.1 * heard - 0.01  # a block does not come before it would have sounded


def test_stopping_ends_it_at_once(write_sound, noise) -> None:
    path = write_sound("long.wav", noise(60.0))
    with FileSource(path) as source:
        threading.Timer(0.3, source.stop).start()
        begun_s = time.monotonic()
        heard = sum(len(block) for block in source.blocks(16_000))
    assert time.monotonic() - begun_s < 30.0
    assert heard < 30 * 16_000


def test_a_broken_file_is_refused_before_listening(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="does not exist"):
        FileSource(tmp_path / "none.wav")
