from __future__ import annotations

import errno
import os
import re
import resource
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from datar_edge.audio.files import read_audio
from datar_edge.errors import ConfigError
from datar_edge.listen.messages import EventEnd, EventStart
from datar_edge.listen.outputs.clip_folder import ClipFolder
from datar_edge.listen.outputs.clips import ClipSaver, clip_name

RATE_HZ = 16_000
DOG = Path(__file__).parents[3] / "examples" / "dog.ogg"
NOON = datetime(2025, 1, 31, 13, 0, 0, tzinfo=timezone(timedelta(hours=1)))


def from_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def end(start_s: float, end_s: float, *, label: str = "Dog bark", number: int = 1) -> EventEnd:
    return EventEnd(id=number, label=label, start_s=start_s, end_s=end_s, max_score=0.98)


@pytest.fixture(scope="module")
def sound() -> NDArray[np.float32]:
    return read_audio(DOG, RATE_HZ)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def make_saver(
    tmp_path: Path, sound: NDArray[np.float32], told: list[str]
) -> Callable[..., ClipSaver]:
    def make(*, budget_bytes: int = 10_000_000, with_clock: bool = True) -> ClipSaver:
        return ClipSaver(
            ClipFolder(tmp_path / "clips", option="--save-clips", budget_bytes=budget_bytes),
            read=lambda start_s, end_s: sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)],
            sample_rate_hz=RATE_HZ,
            clock=from_noon if with_clock else None,
            tell=told.append,
        )

    return make


@pytest.fixture
def full_disk() -> Iterator[None]:
    """A limit on the size of files refuses more, like a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


def test_a_clip_holds_the_sound_of_its_event(
    make_saver: Callable[..., ClipSaver], sound: NDArray[np.float32], tmp_path: Path
) -> None:
    message = make_saver().process(end(0.5, 2.25))
    assert isinstance(message, EventEnd)
    assert message.clip is not None
    path = Path(message.clip)
    assert path == tmp_path / "clips" / "20250131T120000500Z_dog-bark_0.98.flac"
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == RATE_HZ
    assert soundfile.info(path).format == "FLAC"
    expected = sound[8_000:36_000]
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(samples, expected, atol=1 / 32_768)
    with soundfile.SoundFile(path) as file:
        assert file.title == "Dog bark"
        assert file.date == "2025-01-31T13:00:00.500+01:00"


def test_loud_samples_are_clipped_not_wrapped(tmp_path: Path) -> None:
    loud = np.array([0.0, 1.5, -1.5, 0.5], np.float32)
    saver = ClipSaver(
        ClipFolder(tmp_path, option="--save-clips", budget_bytes=1_000_000),
        read=lambda *_: loud,
        sample_rate_hz=RATE_HZ,
        clock=None,
        tell=print,
    )
    message = saver.process(end(0.0, 1.0))
    assert isinstance(message, EventEnd)
    samples, _ = soundfile.read(str(message.clip))
    np.testing.assert_allclose(samples, [0.0, 1.0, -1.0, 0.5], atol=1e-4)


def test_other_messages_pass(make_saver: Callable[..., ClipSaver], tmp_path: Path) -> None:
    start = EventStart(id=1, label="Rain", start_s=0.0, score=0.9)
    assert make_saver().process(start) is start
    assert list((tmp_path / "clips").iterdir()) == []


def test_no_clip_of_sound_that_is_not_remembered(make_saver: Callable[..., ClipSaver]) -> None:
    event = end(1e6, 1e6 + 1)
    assert make_saver().process(event) == event


@pytest.mark.parametrize("label", ["../../up", "/root", "a\x00b", "犬", "CON", "-rf", "x" * 300])
def test_file_names_are_safe(
    make_saver: Callable[..., ClipSaver], tmp_path: Path, label: str
) -> None:
    message = make_saver().process(end(0.5, 1.0, label=label))
    assert isinstance(message, EventEnd)
    (only,) = (tmp_path / "clips").iterdir()
    assert str(only) == message.clip
    assert re.fullmatch(r"[0-9TZ]+_[a-z0-9][a-z0-9-]*_0\.98\.flac", only.name)


def test_names_sort_by_time_across_time_zones_and_without_a_clock() -> None:
    assert clip_name(end(61.5, 62.0), from_noon) == "20250131T120101500Z_dog-bark_0.98.flac"
    names = [clip_name(end(start_s, 1e6), None) for start_s in (0.0, 9.5, 100.0, 99_999.0)]
    assert names[1] == "000009500ms_dog-bark_0.98.flac"
    assert names == sorted(names)


def test_a_name_that_is_taken_gets_a_number(
    make_saver: Callable[..., ClipSaver], tmp_path: Path
) -> None:
    for _ in range(3):
        make_saver().process(end(0.5, 1.0))
    assert sorted(path.name for path in (tmp_path / "clips").iterdir()) == [
        "20250131T120000500Z_dog-bark_0.98-2.flac",
        "20250131T120000500Z_dog-bark_0.98-3.flac",
        "20250131T120000500Z_dog-bark_0.98.flac",
    ]


def test_the_oldest_clips_go_first_and_nothing_else(
    make_saver: Callable[..., ClipSaver], tmp_path: Path, told: list[str]
) -> None:
    folder = tmp_path / "clips"
    saver = make_saver()
    first = saver.process(end(0.1, 1.1))
    assert isinstance(first, EventEnd)
    size_bytes = Path(str(first.clip)).stat().st_size
    mine = folder / "20200101T000000000Z_my-notes_0.50.flac"
    soundfile.write(mine, np.zeros(1600, np.float32), RATE_HZ)  # a name like ours, but not ours
    other = folder / "holiday.flac"
    other.write_bytes(b"0" * size_bytes)
    saver = make_saver(budget_bytes=3 * size_bytes)
    for number in range(2, 9):
        saver.process(end(0.1 * number, 0.1 * number + 1.0, number=number))
        clips = [path for path in folder.iterdir() if path not in (mine, other)]
        assert sum(path.stat().st_size for path in clips) <= 3 * size_bytes
    kept = sorted(path.name for path in folder.iterdir() if path not in (mine, other))
    assert kept[-1].startswith("20250131T120000800Z")
    assert not kept[0].startswith("20250131T120000100Z")
    assert mine.exists()
    assert other.exists()
    assert told == []


def test_a_clip_beyond_the_whole_budget_is_not_kept(
    make_saver: Callable[..., ClipSaver], tmp_path: Path, told: list[str]
) -> None:
    event = end(0.5, 2.0)
    assert make_saver(budget_bytes=1_000).process(event) == event
    assert list((tmp_path / "clips").iterdir()) == []
    assert len(told) == 1
    assert "larger than the budget" in told[0]


def test_a_full_disk_is_told_once_and_listening_goes_on(
    make_saver: Callable[..., ClipSaver],
    tmp_path: Path,
    told: list[str],
    request: pytest.FixtureRequest,
) -> None:
    saver = make_saver()
    request.getfixturevalue("full_disk")
    for number in range(3):
        event = end(0.5, 2.0, number=number)
        assert saver.process(event) == event
    assert list((tmp_path / "clips").iterdir()) == []
    resource.setrlimit(
        resource.RLIMIT_FSIZE,
        (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_FSIZE)[1]),
    )
    message = saver.process(end(0.5, 2.0))
    assert isinstance(message, EventEnd)
    assert Path(str(message.clip)).is_file()
    assert len(told) == 2
    assert told[0] == f"--save-clips: {os.strerror(errno.EFBIG)}"
    assert told[1] == "--save-clips: works again; it failed 3 times"


def test_a_folder_that_goes_away_is_told_and_not_made_again(
    make_saver: Callable[..., ClipSaver], tmp_path: Path, told: list[str]
) -> None:
    saver = make_saver()
    (tmp_path / "clips").rmdir()
    event = end(0.5, 2.0)
    assert saver.process(event) == event
    assert told == ["--save-clips: No such file or directory"]
    assert not (tmp_path / "clips").exists()


def test_what_a_killed_run_was_writing_is_removed(
    make_saver: Callable[..., ClipSaver], tmp_path: Path
) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / ".20250131T120000500Z_dog-bark_0.98.flac.part").write_bytes(b"fLaC")
    (folder / ".mine.part").touch()
    make_saver()
    assert [path.name for path in folder.iterdir()] == [".mine.part"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"--save-clips .*file cannot be written"):
        ClipFolder(tmp_path / "file", option="--save-clips", budget_bytes=1)
