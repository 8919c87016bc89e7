"""Tagging by several processes, in order; one that crashes on a file costs that file."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any

from datar_edge.closing import Closing
from datar_edge.errors import DatarEdgeError, RuntimeFailureError
from datar_edge.tagging.planned import PlannedFile
from datar_edge.tagging.recipe import BytesDone, TaggingRecipe
from datar_edge.tagging.result import FileResult

_AHEAD = 64
"""Files for each worker that may be finished while an earlier one is still in work."""
_REPORT_EVERY_S = 0.5
_ENDING_S = 5.0


class WorkerPool(Closing):
    """Processes that each hold the model.

    Args:
        recipe: how to tag.
        jobs: how many processes.
    """

    def __init__(self, recipe: TaggingRecipe, *, jobs: int) -> None:
        self._recipe = recipe
        self._workers = [_Worker(recipe) for _ in range(jobs)]
        self._given = 0
        self._bytes_done = 0.0

    def tag(self, files: Iterable[PlannedFile], progress: BytesDone) -> Iterator[FileResult]:
        """Results in the order of the files.

        Raises:
            RuntimeFailureError: a worker could not load the model.
        """
        waiting = iter(files)
        self._given, self._bytes_done = 0, 0.0
        finished: dict[int, FileResult] = {}
        due = 0
        while self._give(waiting, due + _AHEAD * len(self._workers)) or finished:
            for worker in self._with_news():
                self._hear(worker, finished)
            progress(self._bytes_done + sum(worker.bytes_done for worker in self._workers))
            while due in finished:
                yield finished.pop(due)
                due += 1

    def close(self) -> None:
        """Ends the processes."""
        for worker in self._workers:
            worker.end()

    def _give(self, waiting: Iterator[PlannedFile], most: int) -> bool:
        """Hands files to workers that have none; whether any has one."""
        for position, worker in enumerate(self._workers):
            if worker.file is None and self._given < most:
                file = next(waiting, None)
                if file is None:
                    break
                self._hand(position, file)
        return any(worker.file is not None for worker in self._workers)

    def _hand(self, position: int, file: PlannedFile) -> None:
        try:
            self._workers[position].give(self._given, file)
        except ConnectionError:  # it was ended while it had nothing to do
            self._replace(self._workers[position]).give(self._given, file)
        self._given += 1

    def _with_news(self) -> list[_Worker]:
        busy: dict[Any, _Worker] = {
            worker.connection: worker for worker in self._workers if worker.file is not None
        }
        return [busy[connection] for connection in wait(list(busy))]

    def _hear(self, worker: _Worker, finished: dict[int, FileResult]) -> None:
        assert worker.file is not None
        try:
            news = worker.connection.recv()
        except (EOFError, ConnectionError):
            news = worker.epitaph()
            self._replace(worker)
        if isinstance(news, RuntimeFailureError):
            raise news
        if isinstance(news, FileResult):
            finished[worker.index] = news
            self._bytes_done += worker.file.size_bytes
            worker.rest()
        elif news is None:
            worker.has_begun = True
        else:
            worker.bytes_done = news * worker.file.size_bytes

    def _replace(self, worker: _Worker) -> _Worker:
        worker.end()
        fresh = _Worker(self._recipe)
        self._workers[self._workers.index(worker)] = fresh
        return fresh


class _Worker:
    """The parent's end of a process, and what it is at work on."""

    def __init__(self, recipe: TaggingRecipe) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy the runtime's threads
        self.connection, other_end = context.Pipe()
        self._process = context.Process(target=_work, args=(other_end, recipe), daemon=True)
        self._process.start()
        other_end.close()
        self.index = -1
        self.file: PlannedFile | None = None
        self.bytes_done = 0.0
        self.has_begun = False

    def give(self, index: int, file: PlannedFile) -> None:
        self.index = index
        self.file = file
        self.connection.send(file)

    def rest(self) -> None:
        self.file = None
        self.bytes_done = 0.0

    def epitaph(self) -> FileResult | RuntimeFailureError:
        """What to say when the process has ended by itself."""
        self._process.join(_ENDING_S)
        status = self._process.exitcode
        how = f"signal {-status}" if status is not None and status < 0 else f"status {status}"
        if not self.has_begun or self.file is None:
            return RuntimeFailureError(
                f"a process ended before it had loaded the model, by {how}",
                fix="Check the memory that is free, or take fewer --jobs.",
            )
        failure = f"{self.file.path} ended the process that tagged it, by {how}. Leave it out."
        return FileResult(file=self.file, failure=failure)

    def end(self) -> None:
        self.connection.close()
        self._process.terminate()
        self._process.join(_ENDING_S)


def _work(connection: Any, recipe: TaggingRecipe) -> None:
    """What a worker does until its parent closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to hear
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _answer(connection, recipe)
    except (EOFError, ConnectionError):
        return


def _end_with_parent() -> None:
    """Also in the middle of a file, where the pipe would tell too late."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(0)


def _answer(connection: Any, recipe: TaggingRecipe) -> None:
    try:
        tagger = recipe.open()
    except DatarEdgeError as error:
        connection.send(RuntimeFailureError(f"a worker could not begin: {error}"))
        return
    with tagger:
        connection.send(None)
        while True:
            connection.send(tagger.tag(connection.recv(), _throttled(connection.send)))


def _throttled(tell: Callable[[float], None]) -> Callable[[float], None]:
    due_s = time.monotonic() + _REPORT_EVERY_S

    def told(share: float) -> None:
        nonlocal due_s
        now_s = time.monotonic()
        if now_s >= due_s:
            due_s = now_s + _REPORT_EVERY_S
            tell(share)

    return told
