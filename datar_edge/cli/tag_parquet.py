"""What `datar-edge tag` found, as Parquet: columns that pandas, DuckDB and Spark read."""

from __future__ import annotations

from typing import IO, Any

from datar_edge.cli.tag_formats import flat_rows
from datar_edge.extras import require
from datar_edge.tagging.result import FileResult

_ROW_GROUP = 100_000


class ParquetWriter:
    """Writes the rows of CSV, `_ROW_GROUP` at a time.

    Columns: file, start_s, end_s, label, and score or, for events, max_score. Label and score are
    null in a segment without tags.

    Args:
        stream: a file open for writing; the caller closes it.
        events: the results are events, not segments.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, stream: IO[bytes], *, events: bool) -> None:
        self._arrow: Any = require("pyarrow", extra="parquet", purpose="Parquet")
        parquet = require("pyarrow.parquet", extra="parquet", purpose="Parquet")
        score = "max_score" if events else "score"
        self._schema = self._arrow.schema(
            [
                ("file", self._arrow.string()),
                ("start_s", self._arrow.float64()),
                ("end_s", self._arrow.float64()),
                ("label", self._arrow.string()),
                (score, self._arrow.float64()),
            ]
        )
        self._writer = parquet.ParquetWriter(stream, self._schema)
        self._rows: list[dict[str, Any]] = []

    def write(self, result: FileResult) -> None:
        """See `Writer.write`."""
        self._rows += flat_rows(result)
        while len(self._rows) >= _ROW_GROUP:
            self._write_group()

    def finish(self) -> None:
        """See `Writer.finish`."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        rows, self._rows = self._rows[:_ROW_GROUP], self._rows[_ROW_GROUP:]
        self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))
