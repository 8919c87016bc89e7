"""Where the results of `datar-edge tag` go: printed as they come, or kept until all are there."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from datar_edge.cli.shell import say
from datar_edge.cli.tag_formats import FormatName, Writer, printable, text_writer
from datar_edge.errors import ConfigError
from datar_edge.half_written import beside
from datar_edge.tagging.journal import Journal
from datar_edge.tagging.planned import PlannedFile
from datar_edge.tagging.result import FileResult

_NAMED_FILES = 3


class Tally:
    """What is to be said at the end.

    Args:
        window_s: length of the model's window.
    """

    def __init__(self, window_s: float) -> None:
        self.failures: list[str] = []
        self._window_s = window_s
        self._short: list[str] = []
        self._more_short = 0

    def add(self, result: FileResult) -> None:
        """Counts the result of a file."""
        if result.failure:
            self.failures.append(printable(result.failure))
        elif result.segments and result.segments[-1].end_s < self._window_s:
            if len(self._short) < _NAMED_FILES:
                path, end_s = printable(result.file.path), result.segments[-1].end_s
                self._short.append(f"{path} ({end_s:.2f} s)")
            else:
                self._more_short += 1

    def tell(self) -> None:
        """Says which files were shorter than a window, and which could not be tagged."""
        if self._short:
            named = ", ".join(self._short)
            more = f" and {self._more_short} more" if self._more_short else ""
            window = f"the model's window of {self._window_s:g} s"
            say("note", f"padded with silence to {window}: {named}{more}")
        for failure in self.failures:
            say("error", failure)


class Results(Protocol):
    """Takes results, in order; a context manager that closes what it holds."""

    def remaining(self, files: Iterable[PlannedFile]) -> Iterator[PlannedFile]:
        """The files that are still to be tagged."""
        ...

    def add(self, result: FileResult) -> None:
        """Takes the result of a file."""
        ...

    def finish(self) -> None:
        """All results are there."""
        ...

    def __enter__(self) -> Results: ...

    def __exit__(self, *raised: Any) -> None: ...


class PrintedResults:
    """Results on standard output, each as soon as it is there.

    Args:
        name: the format.
        events: the results are events.
        tally: is told of each result.
    """

    def __init__(self, name: FormatName, *, events: bool, tally: Tally) -> None:
        self._name = name
        self._events = events
        self._tally = tally
        self._writer: Writer | None = None

    def remaining(self, files: Iterable[PlannedFile]) -> Iterator[PlannedFile]:
        """See `Results.remaining`: all."""
        return iter(files)

    def add(self, result: FileResult) -> None:
        """See `Results.add`."""
        self._tally.add(result)
        if result.failure:
            return
        if self._writer is None:
            self._writer = text_writer(self._name, sys.stdout, events=self._events)
        self._writer.write(result)

    def finish(self) -> None:
        """See `Results.finish`."""
        if self._writer is not None:
            self._writer.finish()

    def __enter__(self) -> PrintedResults:
        return self

    def __exit__(self, *raised: object) -> None:
        pass


class WrittenResults:
    """Results in a file, which appears when all are there; until then they are in a journal.

    Args:
        output: the file.
        journal: the results so far; removed when the file is written.
        name: the format.
        events: the results are events.
        tally: is told of each result.
    """

    def __init__(
        self, output: Path, journal: Journal, name: FormatName, *, events: bool, tally: Tally
    ) -> None:
        self._output = output
        self._journal = journal
        self._name = name
        self._events = events
        self._tally = tally
        self._finished = False

    def remaining(self, files: Iterable[PlannedFile]) -> Iterator[PlannedFile]:
        """See `Results.remaining`: those that the journal does not hold."""
        rest = self._journal.remaining(files)
        if self._journal.results:
            say("note", f"{self._journal.results} files are tagged already")
        return rest

    def add(self, result: FileResult) -> None:
        """See `Results.add`."""
        self._journal.add(result)

    def finish(self) -> None:
        """See `Results.finish`: writes the file, unless no file could be tagged."""
        for result in self._journal:
            self._tally.add(result)
        if len(self._tally.failures) < self._journal.results:
            self._write()
        self._finished = True

    def __enter__(self) -> WrittenResults:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._finished or not self._journal.results:
            self._journal.remove()
            return
        self._journal.close()
        done = f"{self._journal.results} files are tagged, in {self._journal.path}"
        say("note", f"{done}; to go on from there, add --resume")

    def _write(self) -> None:
        try:
            with beside(self._output) as partial, partial.open("wb") as file:
                self._write_to(file)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ConfigError(
                f"--output {self._output} cannot be written: {error.strerror or error}",
                fix="Check the folder and its free space, then add --resume.",
            ) from error

    def _write_to(self, file: IO[bytes]) -> None:
        if self._name == "parquet":
            from datar_edge.cli.tag_parquet import ParquetWriter  # noqa: PLC0415 (needs pyarrow)

            self._write_all(ParquetWriter(file, events=self._events))
            return
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._write_all(text_writer(self._name, text, events=self._events))
        text.detach()

    def _write_all(self, writer: Writer) -> None:
        for result in self._journal:
            if not result.failure:
                writer.write(result)
        writer.finish()


def journal_beside(output: Path, fingerprint: dict[str, Any], *, resume: bool) -> Journal:
    """The journal of an output, `OUTPUT.part`.

    Args:
        output: the file.
        fingerprint: all that the results depend on but the files.
        resume: go on with the journal of an earlier run; otherwise it is thrown away.

    Raises:
        ConfigError: the earlier run had other options, or nothing can be written there.
    """
    path = journal_path(output)
    if not resume:
        path.unlink(missing_ok=True)
    return Journal(path, fingerprint)


def journal_path(output: Path) -> Path:
    """Where the journal of an output lies."""
    return output.with_name(f"{output.name}.part")


def check_journal(output: Path, *, resume: bool, force: bool) -> None:
    """Refuses to throw away what an earlier run did, unless it is told to.

    Raises:
        ConfigError: an earlier run was ended before its end, and neither option is given.
    """
    path = journal_path(output)
    if path.exists() and not (resume or force):
        raise ConfigError(
            f"{path} is there, from a run that was ended before its end",
            fix="Go on with it: --resume, or begin anew: --force.",
        )
