"""Pieces of a table that can be handed to another process, or machine, and read there."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_and.foundation.errors import UserError
from dagster_and.lake.storage import Storage


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
            raise UserError(
                f"{self.storage.place}/{self.name} was replaced while it was read: give the same command again."
            ) from None


def one_batch(file: pq.ParquetFile, group: int, columns: list[str] | None = None) -> pa.RecordBatch:
    """A row group, as one record batch."""
    table = file.read_row_group(group, columns=columns)
    return table.combine_chunks().to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], table.schema)
