"""Pieces of a table that can be handed to another process, or machine, and read there."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Piece:
    """One row group of a table's partition; small, and picklable."""

    path: Path
    group: int
    rows: int

    def read(self) -> pa.RecordBatch:
        """The rows, as they were written."""
        with pq.ParquetFile(self.path) as file:
            return one_batch(file, self.group)


def one_batch(file: pq.ParquetFile, group: int) -> pa.RecordBatch:
    """A row group, as one record batch."""
    return file.read_row_group(group).combine_chunks().to_batches()[0]
