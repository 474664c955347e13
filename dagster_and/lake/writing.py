"""What goes into a table's file: rows that keep its contract, and how they are encoded."""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import pyarrow as pa

from dagster_and.method.contract.table import Table


def encoding(schema: pa.Schema) -> dict[str, Any]:
    """Dictionaries for what repeats itself: not for measurements, of which hardly two are equal.

    Whole lists of measurements aren't compressed either: that takes 7 % off the file and half of the time to write it.
    """
    if any(pa.types.is_list(field.type) and pa.types.is_floating(field.type.value_type) for field in schema):
        return {"compression": "none", "use_dictionary": False}
    repetitive = [f.name for f in schema if not (pa.types.is_floating(f.type) or pa.types.is_list(f.type))]
    return {"compression": "zstd", "use_dictionary": repetitive}


def batches(table: Table, content: pl.DataFrame | Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows of a partition as they are written.

    Raises:
        ValueError: they don't keep the contract (columns, types, nulls).
    """
    if isinstance(content, pl.DataFrame):
        missing = [c.name for c in table.columns if c.name not in content.columns]
        extra = [name for name in content.columns if name not in table.schema.names]
        if missing or extra:
            raise ValueError(f"{table.name}: missing columns {missing}, unknown columns {extra}")
        whole = content.select(table.schema.names).to_arrow().cast(table.schema)
        given: Iterable[pa.RecordBatch] = whole.to_batches()
    else:
        given = content
    for batch in given:
        for column in table.columns:
            if not column.nullable and batch.column(column.name).null_count:
                raise ValueError(f"{table.name}.{column.name} must not be null")
        yield batch
