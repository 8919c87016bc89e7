from __future__ import annotations

import dataclasses
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from datar_edge.errors import ConfigError, DataError
from datar_edge.listen.messages import EventEnd
from datar_edge.listen.segments import Segment
from datar_edge.runtime.tags import Tag
from datar_edge.tagging.journal import Journal
from datar_edge.tagging.planned import PlannedFile
from datar_edge.tagging.result import FileResult

RULES = {"threshold": 0.5, "model": "a" * 64}


def file(name: str, size_bytes: int = 1) -> PlannedFile:
    return PlannedFile(path=name, size_bytes=size_bytes, modified_ns=7)


def result(name: str) -> FileResult:
    segment = Segment(start_s=0.1, end_s=2.0 / 3.0, tags=(Tag("Dog, bark\n", 0.123456789012345),))
    return FileResult(file=file(name), segments=(segment,))


FILES = [file(name) for name in "abcd"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "o.csv.part"


@pytest.fixture
def begun(path: Path) -> Callable[[], Journal]:
    """The journal, opened once more each time."""
    return lambda: Journal(path, RULES)


def filled(journal: Journal, names: str) -> None:
    with journal:
        assert list(journal.remaining(map(file, names))) == [file(name) for name in names]
        for name in names:
            journal.add(result(name))


@pytest.mark.parametrize(
    "kept",
    [
        result("a"),
        FileResult(file=file("b"), failure="b is broken"),
        FileResult(file=file("caf\udce9.wav")),
        FileResult(
            file=file("c"),
            events=(EventEnd(id=1, label="Rain", start_s=0.1, end_s=0.7, max_score=1 / 3),),
        ),
    ],
    ids=["segments", "failure", "a name that is no UTF-8", "events"],
)
def test_a_result_comes_back_to_the_last_digit(
    begun: Callable[[], Journal], kept: FileResult
) -> None:
    with begun() as journal:
        journal.add(kept)
    with begun() as journal:
        assert list(journal) == [kept]


def test_it_goes_on_behind_what_is_done(begun: Callable[[], Journal]) -> None:
    filled(begun(), "ab")
    with begun() as journal:
        assert list(journal.remaining(FILES)) == FILES[2:]
        assert journal.results == 2
        journal.add(result("c"))
        assert [each.file.path for each in journal] == ["a", "b", "c"]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_cut_off_is_done_again(begun: Callable[[], Journal], path: Path, cut: int) -> None:
    filled(begun(), "ab")
    path.write_bytes(path.read_bytes()[:-cut])
    with begun() as journal:
        assert list(journal.remaining(FILES)) == FILES[1:]
        journal.add(result("b"))
        assert list(journal) == [result("a"), result("b")]


def test_zeros_that_a_power_failure_left_are_done_again(
    begun: Callable[[], Journal], path: Path
) -> None:
    filled(begun(), "ab")
    with path.open("ab") as raw:
        raw.write(bytes(4_096))
    with begun() as journal:
        assert list(journal.remaining(FILES)) == FILES[2:]


@pytest.mark.parametrize(
    ("files", "again"),
    [
        ([file("a"), file("b", 2), file("c")], "bc"),
        ([file("a"), file("aa"), file("b"), file("c")], ["aa", "b", "c"]),
        ([file("b"), file("c")], "bc"),
        ([file("a")], ""),
    ],
    ids=["a file has grown", "a new file", "a file is gone", "the rest is gone"],
)
def test_what_has_changed_is_done_again(
    begun: Callable[[], Journal], files: list[PlannedFile], again: str | list[str]
) -> None:
    filled(begun(), "abc")
    with begun() as journal:
        assert [each.path for each in journal.remaining(files)] == list(again)
        assert [each.file for each in journal] == files[: len(files) - len(again)]


def test_a_journal_killed_at_its_first_line_begins_anew(
    begun: Callable[[], Journal], path: Path
) -> None:
    begun().close()
    path.write_bytes(path.read_bytes()[:-5])
    filled(begun(), "a")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("threshold", 0.3, "was begun with another threshold: 0.5, now 0.3"),
        ("model", "b" * 64, "another model"),
        ("hop_s", 1.0, "another hop_s: null, now 1.0"),
    ],
)
def test_other_options_are_refused(
    begun: Callable[[], Journal], path: Path, name: str, value: object, told: str
) -> None:
    filled(begun(), "a")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=told):
        Journal(path, {**RULES, name: value})
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["hello\n", "[1]\n", "7\n"])
def test_another_file_is_left_alone(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(ConfigError, match="is no unfinished run"):
        Journal(path, RULES)
    assert path.read_text() == content


def test_a_full_disk_is_told_and_what_is_there_is_used(begun: Callable[[], Journal]) -> None:
    """A limit of the size of files fails as a full disk does, in the middle of a line."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with begun() as journal:
        journal.add(result("a"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 20, hard))
        try:
            with pytest.raises(DataError, match=r"cannot be written: File too large.*--resume"):
                journal.add(result("b"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with begun() as journal:
        assert list(journal.remaining(FILES)) == FILES[1:]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        Journal(tmp_path / "file" / "o.part", RULES)


def test_a_result_is_compared_with_all_of_its_file() -> None:
    assert dataclasses.replace(result("a"), file=file("a", 2)) != result("a")
