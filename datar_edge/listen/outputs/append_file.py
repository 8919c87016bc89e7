"""Files that grow by whole lines, so that a killed program leaves a readable one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from datar_edge.errors import ConfigError

_TAIL_BYTES = 64 * 1024
"""A last line is never longer."""
_MODE = 0o666


class AppendFile:
    """A text file to which lines are added, each opened, written at once and closed.

    The file may be moved or deleted at any time, as log rotation does: the next line begins a new
    one. A file that is there already goes on, where it is of the same kind; a last line that was
    cut off, by a power cut for example, is removed.

    Args:
        path: the file; its folder must exist.
        option: that named it, for errors.
        kind: of the file, such as "CSV table".
        header: first line, without its end; empty for none.
        is_line: whether a line, without its end, is a whole one of this kind.

    Raises:
        ConfigError: the path cannot be written, or is of another kind.
    """

    def __init__(
        self, path: Path, *, option: str, kind: str, header: str, is_line: Callable[[str], bool]
    ) -> None:
        self.path = path
        self._header = f"{header}\n" if header else ""
        try:
            self.last_line = self._opened(option, kind, is_line)
        except OSError as error:
            raise ConfigError(
                f"{option} {path} cannot be written: {error.strerror}",
                fix="Check the folder, its permissions and its free space.",
            ) from error

    def append(self, line: str) -> None:
        """Adds a line, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            size = os.fstat(handle).st_size
            _write_whole(handle, f"{self._header if size == 0 else ''}{line}", size)
        finally:
            os.close(handle)

    def _opened(self, option: str, kind: str, is_line: Callable[[str], bool]) -> str:
        """Makes the file, or checks that it goes on; gives its last line, empty for none."""
        if self.path.exists() and not self.path.is_file():
            raise ConfigError(f"{option} {self.path} is not a file", fix="Name a file.")
        self.append("")
        with self.path.open("r+b") as file:
            first = file.readline(_TAIL_BYTES).decode(errors="replace")
            begun = first == self._header if self._header else is_line(first.rstrip("\n"))
            if first and not begun:
                raise ConfigError(
                    f"{option} {self.path} exists and is no {kind} of ours",
                    fix="Name another file, or move that one away.",
                )
            return _repair(file.fileno(), len(self._header.encode()), is_line)


def _write_whole(handle: int, text: str, size: int) -> None:
    data = text.encode()
    written = os.write(handle, data)
    if written < len(data):  # the disk is full: half a line would spoil the file
        os.ftruncate(handle, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _repair(handle: int, header_bytes: int, is_line: Callable[[str], bool]) -> str:
    """Ends the last line where it is whole, and removes it where it is not; gives it."""
    size = os.fstat(handle).st_size
    begin = max(header_bytes, size - _TAIL_BYTES)
    tail = os.pread(handle, size - begin, begin)
    if tail and not tail.endswith(b"\n"):
        kept, _, last = tail.rpartition(b"\n")
        if is_line(last.decode(errors="replace")):
            os.pwrite(handle, b"\n", size)
        else:
            tail = kept
            os.ftruncate(handle, size - len(last))
    lines = tail.decode(errors="replace").splitlines()
    return lines[-1] if lines else ""
