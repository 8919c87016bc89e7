from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from datar_edge.errors import RuntimeFailureError
from datar_edge.report.page.collect import collect
from datar_edge.report.page.kept import Kept
from datar_edge.report.page.plan import Entry, Figures, Task, Told


class Bench:
    """Three tasks that count how often they ran; one of them may fail."""

    def __init__(self, folder: Path) -> None:
        self.ran: list[str] = []
        self.shown: list[str] = []
        self.found: list[str] = []
        self.failing = ""
        self._kept = Kept(folder)

    def collect(self, *sections: str) -> list[Entry]:
        tasks = [self._task(name) for name in ("card", "accuracy", "benchmark")]
        nothing = Task(
            section="parity", file="f", command="c", subject={"section": "parity"}, measure=None
        )
        return collect(
            [*tasks, nothing],
            sections,
            self._kept,
            progress=self._show,
            found=lambda entry: self.found.append(entry.section),
        )

    def _task(self, name: str) -> Task:
        def measure(told: Told) -> Figures:
            if name == self.failing:
                raise RuntimeFailureError(f"{name} failed")
            self.ran.append(name)
            told(1.0)
            return {"of": name}

        return Task(section=name, file="f", command="c", subject={"section": name}, measure=measure)

    @contextlib.contextmanager
    def _show(self, task: Task) -> Iterator[Told]:
        self.shown.append(task.section)
        yield lambda _: None


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_run_that_failed_goes_on_where_it_was(bench: Bench) -> None:
    bench.failing = "benchmark"
    with pytest.raises(RuntimeFailureError):
        bench.collect("card", "accuracy", "benchmark")
    assert bench.ran == ["card", "accuracy"]
    bench.failing = ""
    entries = bench.collect("card", "accuracy", "benchmark")
    assert bench.ran == ["card", "accuracy", "benchmark"]
    assert bench.found == ["card", "accuracy"]
    assert bench.shown == ["card", "accuracy", "benchmark", "benchmark"]
    assert [each.figures for each in entries] == [
        *({"of": name} for name in ("card", "accuracy", "benchmark")),
        None,
    ]
    assert all(each.measured and each.machine["cpu"] for each in entries[:3])


def test_what_is_not_asked_is_shown_where_it_is_kept(bench: Bench) -> None:
    first = bench.collect("accuracy")
    assert [each.figures for each in first] == [None, {"of": "accuracy"}, None, None]
    second = bench.collect("benchmark", "parity")
    assert [each.figures for each in second] == [
        *(None, {"of": "accuracy"}, {"of": "benchmark"}),
        None,  # asked, and cannot be measured
    ]
    assert second[1] == first[1]
    assert bench.ran == ["accuracy", "benchmark"]
