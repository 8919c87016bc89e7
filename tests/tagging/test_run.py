"""Many files, by one process and by several."""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datar_edge.errors import ConfigError, RuntimeFailureError
from datar_edge.listen.event_config import EventConfig
from datar_edge.tagger import load
from datar_edge.tagging.planned import PlannedFile, planned_files
from datar_edge.tagging.recipe import FileTagger, TaggingRecipe
from datar_edge.tagging.run import tag_all
from datar_edge.tagging.workers import WorkerPool


@pytest.fixture
def tagger() -> Iterator[FileTagger]:
    with TaggingRecipe(max_results=3, hop_s=0.5).open() as opened:
        yield opened


def test_it_gives_what_the_python_face_gives(tagger: FileTagger, real_sounds: list[Path]) -> None:
    results = list(tag_all(planned_files(real_sounds), tagger))
    with load(max_results=3, hop_s=0.5) as plain:
        assert [list(each.segments) for each in results] == [
            plain.tag_file(path) for path in real_sounds
        ]


def test_several_processes_give_the_same_in_the_same_order(
    tagger: FileTagger, many_sounds: Callable[[int], Path]
) -> None:
    root = many_sounds(24)
    (root / "day 0" / "0003 broken.wav").write_text("no sound")
    alone = list(tag_all(planned_files([root]), tagger))
    assert [each.file for each in alone] == list(planned_files([root]))
    assert [each.file.path for each in alone if each.failure] == [
        str(root / "day 0" / "0003 broken.wav")
    ]
    assert list(tag_all(planned_files([root]), tagger, jobs=3)) == alone


def test_progress_ends_at_the_size_of_all(
    tagger: FileTagger, many_sounds: Callable[[int], Path]
) -> None:
    root = many_sounds(8)
    size = sum(path.stat().st_size for path in root.rglob("*.*"))
    for jobs in (1, 2):
        told: list[float] = []
        for _ in tag_all(planned_files([root]), tagger, jobs=jobs, progress=told.append):
            pass
        assert told == sorted(told)
        assert told[-1] == size


def test_events_are_those_of_a_stream(real_sounds: list[Path]) -> None:
    config = EventConfig(start_threshold=0.3)
    with TaggingRecipe(events=config).open() as tagger:
        results = list(tag_all(planned_files(real_sounds), tagger))
    assert any(each.events for each in results)
    assert not any(each.segments or each.failure for each in results)
    assert all(event.max_score >= 0.3 for each in results for event in each.events)


def test_an_error_that_nobody_foresaw_costs_its_file_only(
    tagger: FileTagger, real_sounds: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tag_file = tagger.tagger.tag_file

    def failing(path: str, **options: object) -> object:
        if "rain" in path:
            raise ZeroDivisionError("division\nby zero")
        return tag_file(path, **options)

    monkeypatch.setattr(tagger.tagger, "tag_file", failing)
    failures = [each.failure for each in tag_all(planned_files(real_sounds), tagger)]
    assert [f for f in failures if f] == [f"{real_sounds[2]}: ZeroDivisionError: division by zero"]


def test_a_process_that_dies_of_a_file_costs_that_file(
    real_sounds: list[Path], tmp_path: Path
) -> None:
    """It is killed when it has opened a pipe that nobody writes to."""
    pipe = tmp_path / "crash.wav"
    os.mkfifo(pipe)
    files = list(planned_files([real_sounds[0], pipe, real_sounds[1]]))

    def kill(process: multiprocessing.process.BaseProcess) -> None:
        with pipe.open("wb"):  # waits for a reader
            process.kill()

    with WorkerPool(TaggingRecipe(), jobs=1) as pool:
        (process,) = multiprocessing.active_children()
        killer = threading.Thread(target=kill, args=(process,))
        killer.start()
        first, second, third = pool.tag(files, lambda _: None)
        killer.join()
    assert first.segments
    assert second.file == files[1]
    assert "crash.wav ended the process that tagged it, by signal 9" in second.failure
    assert third.segments


def test_a_process_that_dies_of_nothing_costs_nothing(real_sounds: list[Path]) -> None:
    with WorkerPool(TaggingRecipe(), jobs=1) as pool:
        results = pool.tag(planned_files(real_sounds), lambda _: None)
        first = next(results)
        (process,) = multiprocessing.active_children()
        process.kill()
        process.join()
        assert not any(each.failure for each in (first, *results))


def test_a_process_that_never_begins_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "model.tflite"
    broken.write_bytes(b"\x00" * 64)
    with (
        pytest.raises(RuntimeFailureError, match=r"a worker could not begin: .*model.tflite"),
        WorkerPool(TaggingRecipe(model=broken), jobs=1) as pool,
    ):
        list(pool.tag([PlannedFile(path="a.wav")], lambda _: None))


def test_processes_end_with_the_pool(tagger: FileTagger, real_sounds: list[Path]) -> None:
    results = tag_all(planned_files(real_sounds), tagger, jobs=2)
    next(results)
    assert len(multiprocessing.active_children()) == 2
    results.close()
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("jobs", [0, -1, 1_025])
def test_a_number_of_processes_out_of_range_is_told(tagger: FileTagger, jobs: int) -> None:
    with pytest.raises(ConfigError, match=f"jobs is {jobs}"):
        list(tag_all([], tagger, jobs=jobs))


def test_the_fingerprint_is_of_all_that_results_depend_on(tmp_path: Path) -> None:
    plain = TaggingRecipe().fingerprint()
    assert TaggingRecipe(threads=4).fingerprint() == plain
    for other in (
        TaggingRecipe(hop_s=0.1),
        TaggingRecipe(allow=("Rain",)),
        TaggingRecipe(merge=False),
        TaggingRecipe(events=EventConfig()),
    ):
        assert other.fingerprint() != plain
