"""Files that are being written beside their place, and the way out when a person has had enough."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

_INTERRUPTED = 130

_paths: set[Path] = set()


@contextlib.contextmanager
def half_written(path: Path) -> Iterator[None]:
    """Removes the file at the end of the block, and when `leaving_at_once` is made to leave."""
    _paths.add(path)
    try:
        yield
    finally:
        _remove(path)
        _paths.discard(path)


@contextlib.contextmanager
def beside(path: Path, *, makes_folders: bool = True) -> Iterator[Path]:
    """Gives the place of a file beside another, and renames it to that at the end of the block.

    Where the end is not reached nothing is left, and what was at the path before stays.

    Args:
        path: the file to be.
        makes_folders: whether folders above it are made where they are missing.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    if makes_folders:
        path.parent.mkdir(parents=True, exist_ok=True)
    with half_written(partial):
        yield partial
        partial.replace(path)


@contextlib.contextmanager
def leaving_at_once() -> Iterator[None]:
    """Within it, Ctrl-C and SIGTERM remove what is half written and end the process, status 130.

    Converters call Python from native code, where the exception of a Ctrl-C is swallowed or brings
    the process down.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    before = {each: signal.signal(each, _leave) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _leave(*_: object) -> NoReturn:
    for path in list(_paths):
        _remove(path)
    os._exit(_INTERRUPTED)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
