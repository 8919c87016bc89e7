"""A `datar-edge` process, watched from outside: memory, CPU time, what it prints and when."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAM = (sys.executable, "-m", "datar_edge")
_TICKS = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """`datar-edge` with these arguments, ended at the end of the block; its standard output piped.

    Raises:
        RuntimeError: it was ended by an error of its own.
    """
    command = [*PROGRAM, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")


def lines_of(process: subprocess.Popen[str]) -> Iterator[str]:
    """What it prints, line by line, as it comes."""
    assert process.stdout is not None
    for line in process.stdout:  # noqa: UP028 (`yield from` would close it)
        yield line


def resident_mb(pid: int) -> float:
    """Its resident memory at the moment, in 10^6 bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    match = re.search(r"^VmRSS:\s+(\d+) kB$", status, flags=re.MULTILINE)
    if match is None:
        raise RuntimeError(f"process {pid} has ended")
    return int(match[1]) * 1_024 / 1e6


def cpu_s(pid: int) -> float:
    """CPU time that all its threads have used, in user and in system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def share_of_a_core(pid: int, seconds: float) -> float:
    """CPU time over wall time from now on."""
    begun_s, used_s = time.monotonic(), cpu_s(pid)
    time.sleep(seconds)
    return (cpu_s(pid) - used_s) / (time.monotonic() - begun_s)
