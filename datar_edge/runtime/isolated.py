"""A session in a process of its own, for files that nobody vouches for.

A runtime that is given a damaged or a foreign file may crash in native code, which no Python
program survives. Here it takes another process with it, and the error is one line.

    python -m datar_edge.runtime.isolated FILE THREADS
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.errors import ModelFileError, RuntimeFailureError
from datar_edge.runtime.child import Child, answering, python
from datar_edge.runtime.session import Session, check_waveform

LOAD_TIMEOUT_S = 120.0
RUN_TIMEOUT_S = 60.0

_COPY_AGAIN = "It is damaged or made for another runtime; copy or export it again."


class IsolatedSession(Closing):
    """A model file held by another process; see `Session`.

    Loading includes one run on silence, so that a file which cannot be run is refused at once.

    Args:
        path: the file.
        threads: that the runtime may use.

    Raises:
        ModelFileError: it cannot be loaded and run: the runtime refused it, crashed or hung.
        DatarEdgeError: whatever else opening it raises.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        self._path = path
        self._child: Child | None = Child(python(__name__, str(path), str(threads)))
        try:
            answer = self._ask(b"", ModelFileError, LOAD_TIMEOUT_S)
        except BaseException:
            self.close()
            raise
        self.card = ModelCard.from_json(answer["card"])

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """See `Session.run`."""
        check_waveform(waveform, self.card)
        if self._child is None:
            raise RuntimeFailureError("the session is closed", fix="Open the model again.")
        answer = self._ask(waveform.tobytes(), RuntimeFailureError, RUN_TIMEOUT_S)
        return {head: np.array(answer[head], np.float32) for head in self.card.heads}

    def close(self) -> None:
        """See `Session.close`."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def _ask(
        self, request: bytes, lost: type[ModelFileError | RuntimeFailureError], timeout_s: float
    ) -> dict[str, Any]:
        assert self._child is not None
        return self._child.ask(
            request,
            subject=f"{'loading' if lost is ModelFileError else 'running'} {self._path}",
            timeout_s=timeout_s,
            lost=lost,
            fix=_COPY_AGAIN,
        )


def main() -> None:
    """Loads the file, tells its card, then answers each window with its scores."""
    with answering() as answer:
        held: list[Session] = []

        def load() -> dict[str, Any]:
            session = _opened(Path(sys.argv[1]), int(sys.argv[2]))
            held.append(session)
            return {"card": session.card.to_json()}

        answer(load)
        for session in held:
            while (window := _window(session)) is not None:
                answer(partial(_scores, session, window))


def _opened(path: Path, threads: int) -> Session:
    from datar_edge.runtime.open import open_session  # noqa: PLC0415 (it opens this module)

    session = open_session(path, threads=threads, isolated=False)
    try:
        session.run(np.zeros((1, session.card.window_samples), np.float32))
    except RuntimeFailureError as error:
        raise ModelFileError(error.problem, fix=_COPY_AGAIN) from error
    return session


def _window(session: Session) -> NDArray[np.float32] | None:
    """The next waveform; None at the end of standard input."""
    size = 4 * session.card.window_samples
    content = sys.stdin.buffer.read(size)
    return np.frombuffer(content, np.float32)[np.newaxis] if len(content) == size else None


def _scores(session: Session, window: NDArray[np.float32]) -> dict[str, Any]:
    return {head: scores.tolist() for head, scores in session.run(window).items()}


if __name__ == "__main__":
    main()
