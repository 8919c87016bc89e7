"""Results on standard output or in a file."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import IO, Any

from datar_edge.errors import ConfigError
from datar_edge.half_written import beside

_WIDE = 200
"""Columns where there is no terminal to fold lines for."""


def check_output(output: Path | None, *, force: bool, option: str = "--output") -> None:
    """Refuses, before any work, to overwrite a file.

    Args:
        output: the file; None for standard output.
        force: it may be overwritten.
        option: that named it.

    Raises:
        ConfigError: it exists and `force` is not set, it is a folder, or what should be its folder
            is a file.
    """
    if output is None:
        return
    if output.is_dir():
        raise ConfigError(f"{option} {output} is a folder", fix="Name a file in it.")
    above = next(parent for parent in output.absolute().parents if parent.exists())
    if not above.is_dir():
        raise ConfigError(
            f"{option} {output} cannot be written: {above} is a file", fix="Name another folder."
        )
    if output.exists() and not force:
        raise ConfigError(
            f"{option} {output} exists", fix="Name another file, or overwrite it with --force."
        )


def emit(text: str, output: Path | None, *, option: str = "--output") -> None:
    """Prints a result, or writes it beside the output and renames it.

    Args:
        text: the result.
        output: the file; None for standard output.
        option: that named it.

    Raises:
        ConfigError: the file cannot be written.
    """
    text = text.rstrip("\n") + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    write_beside(text.encode(), output, option=option)


def write_beside(content: bytes, output: Path, *, option: str = "--output") -> None:
    """Writes beside the output and renames.

    Args:
        content: the file's.
        output: the file; folders above it are made.
        option: that named it.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        with beside(output) as partial:
            partial.write_bytes(content)
    except OSError as error:
        raise ConfigError(
            f"{option} {output} cannot be written: {error.strerror or error}",
            fix="Check the folder and its free space.",
        ) from error


def as_json(data: Any) -> str:
    """One JSON document, for programs and readable."""
    return json.dumps(data, indent=2, ensure_ascii=False)


def console_for(stream: IO[str]) -> Any:
    """A rich console; lines are folded, and colours used, only where it ends in a terminal."""
    from rich.console import Console  # noqa: PLC0415 (60 ms that --json does not need)

    return Console(file=stream, width=None if stream.isatty() else _WIDE, highlight=False)


def rendered(content: Any, *, to_terminal: bool = True) -> str:
    """What rich draws, as text.

    Args:
        content: a table or other thing that rich renders.
        to_terminal: it goes to standard output, which may be a terminal.
    """
    console = console_for(sys.stdout if to_terminal else io.StringIO())
    with console.capture() as captured:
        console.print(content)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
