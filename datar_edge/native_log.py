"""What C libraries print on standard error by themselves, kept off the user's terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def native_log_held() -> Iterator[None]:
    """Holds back what native code writes to file descriptor 2, and drops it.

    TFLite announces its delegate there and libsndfile's MP3 reader its doubts, with no switch to
    turn either off; errors reach us as exceptions. For short calls only: the descriptor belongs
    to the whole process. Python's own `sys.stderr` is flushed before and after.
    """
    try:
        saved = os.dup(2)
    except OSError:  # a daemon may have closed it
        yield
        return
    _flush()
    try:
        with Path(os.devnull).open("wb") as sink:
            os.dup2(sink.fileno(), 2)
            yield
    finally:
        _flush()
        os.dup2(saved, 2)
        os.close(saved)


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()
