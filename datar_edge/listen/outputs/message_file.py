"""Messages in a text file that other programs open."""

from __future__ import annotations

from pathlib import Path

from datar_edge.listen.messages import Message
from datar_edge.listen.outputs.append_file import AppendFile
from datar_edge.listen.outputs.layouts import Layout


class MessageFile:
    """Adds lines to a file, each as soon as it is known.

    Args:
        path: the file; one of the same layout goes on.
        layout: of its lines.
        option: that named the file, for what is told of it.

    Raises:
        ConfigError: the path cannot be written, or is of another layout.
    """

    def __init__(self, path: Path, layout: Layout, *, option: str) -> None:
        self.name = f"{option} {path}"
        self._layout = layout
        self._file = AppendFile(
            path, option=option, kind=layout.kind, header=layout.header, is_line=layout.is_line
        )
        layout.resume(self._file.last_line)

    def show(self, message: Message) -> None:
        """Adds a message, where the layout has a place for it.

        Raises:
            OSError: the file cannot be written; the line is lost.
        """
        line = self._layout.line(message)
        if line is not None:
            self._file.append(f"{line}\n")

    def close(self) -> None:
        """Nothing is left to do: each line is in the file."""
