"""Signals while listening: end it, end it at once, read the configuration anew."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def signals_handled(*, stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """Within it, Ctrl-C and SIGTERM stop, a second one ends the process at once; SIGHUP reloads.

    SIGHUP of a terminal that is closed stops, too: nobody sees any more that the room is heard.

    Args:
        stop: called in a signal handler.
        reload: called in a signal handler.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    had_terminal = _has_terminal()

    def end(*_: object) -> None:
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        stop()

    def hang_up(*_: object) -> None:
        if had_terminal and not _has_terminal():
            stop()
        else:
            reload()

    handlers = dict.fromkeys(_ENDING, end)
    if hasattr(signal, "SIGHUP"):  # Windows has none
        handlers[signal.SIGHUP] = hang_up
    before = {each: signal.signal(each, handler) for each, handler in handlers.items()}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
