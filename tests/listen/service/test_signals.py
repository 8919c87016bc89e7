"""Signals, sent to a process of its own."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

PROGRAM = """
import threading
from datar_edge.listen.service.signals import signals_handled

stopped = threading.Event()
with signals_handled(stop=stopped.set, reload=lambda: print("reload", flush=True)):
    print("ready", flush=True)
    stopped.wait()
    print("stop", flush=True)
    HANGS
print("end", flush=True)
"""


@pytest.fixture
def program() -> Iterator[subprocess.Popen[str]]:
    yield from _run(PROGRAM.replace("HANGS", ""))


@pytest.fixture
def hanging() -> Iterator[subprocess.Popen[str]]:
    """Never comes to its end by itself."""
    yield from _run(PROGRAM.replace("HANGS", "threading.Event().wait()"))


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[str]]:
    """Ends when it reads a line, one before and one behind its end; any delay is "at once"."""
    reads = "import sys; sys.stdin.readline()"
    forever = "from datar_edge.listen.service import signals; signals._SAME_S = 1e9"
    yield from _run(f"{forever}\n{PROGRAM.replace('HANGS', reads)}\nsys.stdin.readline()")


def _run(text: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", text],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert line(process) == "ready"
        yield process
        process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_it_end(program: subprocess.Popen[str], number: int) -> None:
    program.send_signal(number)
    assert [line(program), line(program)] == ["stop", "end"]
    assert program.wait(10.0) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_it_at_once(hanging: subprocess.Popen[str], number: int) -> None:
    hanging.send_signal(signal.SIGTERM)
    assert line(hanging) == "stop"
    time.sleep(0.6)
    hanging.send_signal(number)
    assert hanging.wait(10.0) == -number


@pytest.mark.parametrize("lines_before", [1, 2])
def test_the_same_wish_told_twice_lets_it_end(
    waiting: subprocess.Popen[str], lines_before: int
) -> None:
    """timeout(1) signals its child, and then the whole group: the child hears it twice."""
    assert waiting.stdin is not None
    waiting.send_signal(signal.SIGINT)
    assert line(waiting) == "stop"
    if lines_before == 2:
        waiting.stdin.write("\n")
        waiting.stdin.flush()
        assert line(waiting) == "end"
    waiting.send_signal(signal.SIGINT)
    waiting.communicate("\n\n", timeout=30.0)
    assert waiting.returncode == 0


def test_hang_up_of_a_service_reloads_each_time(program: subprocess.Popen[str]) -> None:
    for _ in range(3):
        program.send_signal(signal.SIGHUP)
        assert line(program) == "reload"
    program.terminate()
    assert line(program) == "stop"


def test_a_terminal_that_is_closed_ends_it() -> None:
    """Its output goes to a pipe, so that what it says after the terminal is gone can be read."""
    reading, writing = os.pipe()
    child, terminal = pty.fork()
    if child == 0:
        os.dup2(writing, 1)
        os.execv(sys.executable, [sys.executable, "-c", PROGRAM.replace("HANGS", "")])
    os.close(writing)
    with os.fdopen(reading) as said:
        assert said.readline() == "ready\n"
        os.kill(child, signal.SIGHUP)
        assert said.readline() == "reload\n"
        os.close(terminal)
        assert said.readline() == "stop\n"
        assert said.readline() == "end\n"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
