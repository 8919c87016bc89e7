"""What a run has done so far, kept beside its output, so that another can go on from there.

The first line holds what the results depend on, each further one the result of a file, in the order
of the run. A line that a killed process left half is not read.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from datar_edge.closing import Closing
from datar_edge.errors import ConfigError, DataError
from datar_edge.tagging.planned import PlannedFile
from datar_edge.tagging.result import FileResult

_LONGEST_FIRST_LINE = 10_000_000
_START_AGAIN = "Start again with --force, or name another output."


class Journal(Closing):
    """The results of a run that is under way.

    Args:
        path: the file, made where it is missing.
        fingerprint: all that the results depend on but the files.

    Raises:
        ConfigError: it was begun with another fingerprint, or is no journal.
        DataError: it cannot be written.
    """

    def __init__(self, path: Path, fingerprint: Mapping[str, Any]) -> None:
        self.path = path
        self.results = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)  # nothing is held back to fail at the end
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._begin(json.loads(json.dumps(fingerprint)))
        except BaseException:
            self.close()
            raise

    def remaining(self, files: Iterable[PlannedFile]) -> Iterator[PlannedFile]:
        """The files that are still to be tagged, after those whose results are here.

        Results are used as long as they are of the same files, unchanged, in the same order; from
        the first that is not on, they are thrown away.
        """
        planned = iter(files)
        with self.path.open("rb") as file:
            end = len(file.readline())
            for line in file:
                planned_file = next(planned, None)
                result = _parsed(line)
                if result is None or result.file != planned_file:
                    self._file.truncate(end)
                    again = [] if planned_file is None else [planned_file]
                    return itertools.chain(again, planned)
                end += len(line)
                self.results += 1
        return planned

    def add(self, result: FileResult) -> None:
        """Keeps a result, also if the process is killed right after.

        Raises:
            DataError: the disk is full, or the like.
        """
        self._write(result.to_json())
        self.results += 1

    def __iter__(self) -> Iterator[FileResult]:
        """All results, in order, read from the file."""
        with self.path.open(encoding="utf-8") as file:
            file.readline()
            yield from map(FileResult.from_json, file)

    def close(self) -> None:
        """Closes the file, which stays."""
        self._file.close()

    def remove(self) -> None:
        """Closes and removes the file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _begin(self, fingerprint: dict[str, Any]) -> None:
        with self.path.open("rb") as file:
            first = file.readline(_LONGEST_FIRST_LINE)
        if not first.endswith(b"\n") and len(first) < _LONGEST_FIRST_LINE:  # new, or killed at once
            self._file.truncate(0)
            self._write(json.dumps(fingerprint))
            return
        try:
            begun_with = dict(json.loads(first))
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{self.path} is no unfinished run", fix=_START_AGAIN) from error
        _check_same(self.path, begun_with, fingerprint)

    def _write(self, line: str) -> None:
        rest = memoryview(line.encode() + b"\n")
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> DataError:
        return DataError(
            f"{self.path} cannot be written: {error.strerror}",
            fix="Check the folder and its free space; what is written is used by --resume.",
        )


def _check_same(path: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in sorted({*then, *now}):
        if then.get(name) != now.get(name):
            raise ConfigError(
                f"{path} was begun with another {name}: {_short(then.get(name))}, "
                f"now {_short(now.get(name))}",
                fix=f"Give the same options. {_START_AGAIN}",
            )


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _parsed(line: bytes) -> FileResult | None:
    try:
        return FileResult.from_json(line.decode()) if line.endswith(b"\n") else None
    except ValueError:
        return None
