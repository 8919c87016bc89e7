"""A Python process that answers one JSON line for each request, and may die of it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from datar_edge import errors
from datar_edge.closing import Closing
from datar_edge.errors import DatarEdgeError, RuntimeFailureError

_CLOSING_S = 5.0
_DYING_S = 10.0


class Child(Closing):
    """The parent's end; the process is started at once and ended by `close`.

    Args:
        command: the program and its arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        # The command is ours, and no shell is involved.
        self._process = subprocess.Popen(  # noqa: S603
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._answers), daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(
        self,
        request: bytes,
        *,
        subject: str,
        timeout_s: float,
        lost: type[DatarEdgeError] = RuntimeFailureError,
        fix: str = "",
    ) -> dict[str, Any]:
        """Sends a request and waits for its answer.

        Args:
            request: what is sent.
            subject: what it is about, for errors: "loading model.tflite".
            timeout_s: how long the answer may take; the process is killed after that.
            lost: raised where the process died or was killed.
            fix: for `lost`.

        Raises:
            DatarEdgeError: what the other end raised, or `lost`.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # dead or closed: no answer, told below
            self._process.stdin.write(request)
            self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            self._process.kill()
            raise lost(f"{subject} took longer than {timeout_s:g} s", fix=fix) from None
        if not line:
            self._answers.put(b"")  # so that the next request fails alike
            raise lost(f"{subject}: the runtime {_how_it_ended(self._ended())}", fix=fix)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise _restored(answer)
        return answer

    def close(self) -> None:
        """Ends the process; may be called more than once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=_CLOSING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _ended(self) -> int:
        try:
            return self._process.wait(timeout=_DYING_S)
        except subprocess.TimeoutExpired:  # it closed its output and lives on
            self._process.kill()
            return self._process.wait()


@contextlib.contextmanager
def answering() -> Iterator[Callable[[Callable[[], dict[str, Any]]], None]]:
    """The child's end.

    Native code that prints on standard output prints on standard error instead.

    Yields:
        A function that calls another and sends what it gives, or the error it raises.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as stream:
        os.dup2(2, 1)

        def answer(call: Callable[[], dict[str, Any]]) -> None:
            stream.write(json.dumps(_called(call)) + "\n")
            stream.flush()

        yield answer


def _called(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return call()
    except DatarEdgeError as error:
        return {"error": type(error).__name__, "problem": error.problem, "fix": error.fix}
    except MemoryError:
        return {"error": "RuntimeFailureError", "problem": "memory ran out", "fix": ""}


def _restored(answer: dict[str, Any]) -> DatarEdgeError:
    """The error that the other end raised; some classes make their message themselves."""
    kind: type[DatarEdgeError] = getattr(errors, answer["error"], RuntimeFailureError)
    error = kind.__new__(kind)
    DatarEdgeError.__init__(error, answer["problem"], fix=answer["fix"])
    return error


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"crashed ({signal.Signals(-status).name})"
    except ValueError:
        return f"crashed (signal {-status})"


def _read(stream: IO[bytes], answers: queue.Queue[bytes]) -> None:
    """Passes on one line at a time; an empty one at the end."""
    for line in stream:
        answers.put(line)
    answers.put(b"")


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours."""
    return [sys.executable, "-m", module, *arguments]
