"""Signals while listening: end it, end it at once, read the configuration anew."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)
_SAME_S = 0.5
"""Two signals within it are one wish: timeout(1) and shells signal a process and its group."""


@contextlib.contextmanager
def signals_handled(*, stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """Within it, Ctrl-C and SIGTERM stop, a later one ends the process at once; SIGHUP reloads.

    SIGHUP of a terminal that is closed stops, too: nobody sees any more that the room is heard.

    Args:
        stop: called in a signal handler.
        reload: called in a signal handler.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return
    had_terminal = _has_terminal()

    asked_s: list[float] = []

    def end(number: int, _frame: object) -> None:
        asked_s.append(time.monotonic())
        if len(asked_s) == 1:
            stop()
        elif asked_s[-1] - asked_s[0] > _SAME_S:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    def hang_up(*_: object) -> None:
        if had_terminal and not _has_terminal():
            stop()
        else:
            reload()

    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]]
    handlers = dict.fromkeys(_ENDING, end)
    if hasattr(signal, "SIGHUP"):  # Windows has none
        handlers[signal.SIGHUP] = hang_up
    before = {each: signal.signal(each, handler) for each, handler in handlers.items()}
    try:
        yield
    finally:
        # Once the end was asked for, `end` stays: the second of two signals that mean the same may
        # come as late as this, and must not turn a clean end into a failure.
        for each, handler in before.items():
            if not (asked_s and each in _ENDING):
                signal.signal(each, handler)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
