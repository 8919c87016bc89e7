from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from datar_edge.audio.files import find_audio_files
from datar_edge.tagging.planned import planned_files
from datar_edge.tagging.size import CountedBytes


def touched(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_order_is_that_of_names_whatever_the_disk_says(tmp_path: Path) -> None:
    for name in ("b/2.wav", "b/10.wav", "a.ogg", "b.flac", "b/c/1.MP3", "Z.wav", "b/notes.txt"):
        touched(tmp_path / name)
    touched(tmp_path / "b" / ".hidden.wav")
    found = [file.path for file in planned_files([tmp_path])]
    assert found == [str(path) for path in find_audio_files([tmp_path])]
    assert [Path(path).name for path in found] == [
        "Z.wav",
        "a.ogg",
        "10.wav",
        "2.wav",
        "1.MP3",
        "b.flac",
    ]


def test_each_file_comes_once(tmp_path: Path) -> None:
    first, second = touched(tmp_path / "s" / "a.wav"), touched(tmp_path / "s" / "b.wav")
    third = touched(tmp_path / "z.wav")
    named = [second, tmp_path / "s", first, tmp_path / "s", third]
    assert [file.path for file in planned_files(named)] == list(map(str, (second, first, third)))


def test_size_and_time_tell_whether_a_file_has_changed(tmp_path: Path) -> None:
    path = touched(tmp_path / "a.wav", b"1234")
    os.utime(path, ns=(5, 7))
    (file,) = planned_files([path])
    assert (file.size_bytes, file.modified_ns, file.problem) == (4, 7, "")
    (missing,) = planned_files([tmp_path / "none.wav"])
    assert (missing.size_bytes, missing.modified_ns) == (0, 0)


def test_a_folder_without_sound_is_told_in_its_place(tmp_path: Path) -> None:
    touched(tmp_path / "empty" / "notes.txt")
    sound = touched(tmp_path / "a.wav")
    folder, file = planned_files([tmp_path / "empty", sound])
    assert "holds no sound files. Looked for .aif" in folder.problem
    assert file.path == str(sound)


def test_a_folder_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read anything, so that permissions alone show nothing here."""
    closed = tmp_path / "b"
    for name in ("a.wav", "b/1.wav", "c.wav"):
        touched(tmp_path / name)
    scan = os.scandir

    def scandir(path: Path) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr("datar_edge.tagging.planned.os.scandir", scandir)
    names = [(Path(file.path).name, bool(file.problem)) for file in planned_files([tmp_path])]
    assert names == [("a.wav", False), ("b", True), ("c.wav", False)]


def test_a_link_to_its_own_folder_is_not_followed(tmp_path: Path) -> None:
    sound = touched(tmp_path / "a.wav")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert [file.path for file in planned_files([tmp_path])] == [str(sound)]


def test_files_are_found_as_they_are_needed(tmp_path: Path) -> None:
    touched(tmp_path / "a" / "1.wav")
    later = touched(tmp_path / "b" / "1.wav")
    files = planned_files([tmp_path])
    first = next(files)
    later.write_bytes(b"longer")
    (second,) = files
    assert (first.size_bytes, second.size_bytes) == (1, 6)


def test_the_size_of_all_is_counted_beside_the_work(tmp_path: Path) -> None:
    for index in range(20):
        touched(tmp_path / f"{index}.wav", b"x" * index)
    counted = CountedBytes([tmp_path])
    deadline = itertools.count()
    while counted() is None:
        assert next(deadline) < 10_000_000
    assert counted() == sum(range(20))
