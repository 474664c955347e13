"""Pieces of a table that can be handed to another process, or machine, and read there."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_and.foundation.errors import UserError
from dagster_and.lake.storage import Storage

PAGE = 1 << 16
"""Bytes that are read at a time where only the first rows are wanted."""
TRIES = 5
"""Of files that are replaced while they are read."""


@dataclass(frozen=True)
class Piece:
    """One row group of one version of a table's partition; small, and picklable.

    It is read where it lies: of a bucket only the bytes of this row group are fetched, and nothing is kept.
    """

    storage: Storage
    name: str
    facts: str
    """Of the version that it is a piece of."""
    group: int
    rows: int

    def read(self, columns: list[str] | None = None) -> pa.RecordBatch:
        """The rows, all columns or some.

        Raises:
            UserError: the table has been replaced since, and nothing keeps that version here.
        """

        def look(file: Path | BinaryIO) -> pa.RecordBatch:
            with pq.ParquetFile(file, pre_buffer=True) as opened:
                return one_batch(opened, self.group, columns)

        try:
            return self.storage.look_into(self.name, self.facts, look)
        except FileNotFoundError:
            raise _replaced(self.storage, self.name) from None


def first_rows(storage: Storage, name: str, rows: int, columns: list[str]) -> tuple[int, pl.DataFrame]:
    """How many rows a file has, and the first of them: only its end and its first pages are read.

    Where another run replaces it meanwhile, these are of what took its place.

    Raises:
        UserError: it was replaced each time that it was read.
    """

    def look(file: Path | BinaryIO) -> tuple[int, pa.Table]:
        with pq.ParquetFile(file, buffer_size=PAGE) as opened:
            count = opened.metadata.num_rows
            first = [next(opened.iter_batches(rows, row_groups=[0], columns=columns))] if count else []
            return count, pa.Table.from_batches(first, None if first else _only(opened.schema_arrow, columns))

    for _ in range(TRIES):
        with suppress(FileNotFoundError):
            count, shown = storage.look_into(name, storage.facts(name) or "", look)
            return count, pl.DataFrame(shown)
    raise _replaced(storage, name)


def one_batch(file: pq.ParquetFile, group: int, columns: list[str] | None = None) -> pa.RecordBatch:
    """A row group, as one record batch."""
    table = file.read_row_group(group, columns=columns)
    return table.combine_chunks().to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], table.schema)


def _only(schema: pa.Schema, columns: list[str]) -> pa.Schema:
    return pa.schema([schema.field(column) for column in columns])


def _replaced(storage: Storage, name: str) -> UserError:
    return UserError(f"{storage.place}/{name} was replaced while it was read: give the same command again.")
