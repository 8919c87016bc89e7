"""Rows of a data set's CSV file, checked, with where each stands for the error."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from datar_edge.errors import DataError

Row = tuple[str, dict[str, str]]
"""Where it stands, and its values by column."""


def table_rows(
    table: Path, columns: Sequence[str], *, header: Sequence[str] | None = None
) -> Iterator[Row]:
    """The rows of a CSV file.

    Args:
        table: the file, UTF-8.
        columns: that must be there and filled in.
        header: names of the columns, in order, where the file has no header of its own.

    Raises:
        DataError: it cannot be read, or a column is missing or empty.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, fieldnames=header)
            missing = next((c for c in columns if c not in (rows.fieldnames or ())), None)
            if missing is not None:
                raise DataError(
                    f"{table}, line 1: there is no column {missing!r}",
                    fix=f"The columns needed are {', '.join(columns)}.",
                )
            for row in rows:
                where = f"{table}, line {rows.line_num}"
                empty = next((column for column in columns if not row[column]), None)
                if empty is not None:
                    raise DataError(f"{where}, column {empty!r} is empty", fix="Fill it in.")
                yield where, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise DataError(f"{table} cannot be read: {told}", fix="Put it there again.") from error


def whole_number(row: Row, column: str) -> int:
    """A value that counts something.

    Raises:
        DataError: it is no whole number of 0 or more.
    """
    where, values = row
    if not values[column].isdecimal():
        raise DataError(
            f"{where}, column {column!r} is {values[column]!r}", fix="It must be a whole number."
        )
    return int(values[column])


def seconds(row: Row, column: str) -> float:
    """A time, written as seconds or as hours:minutes:seconds.

    Raises:
        DataError: it is neither, or negative.
    """
    where, values = row
    parts = values[column].split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 3) or any(not 0.0 <= number < 1e6 for number in numbers):
        raise DataError(
            f"{where}, column {column!r} is {values[column]!r}",
            fix="Write seconds, or hours:minutes:seconds.",
        )
    return sum(number * 60.0**power for power, number in enumerate(reversed(numbers)))
