"""Page: the Parquet tables of the lake, from their contracts."""

from itertools import groupby

import pyarrow as pa

from dagster_and.lake.tables import TABLES
from dagster_and.method.contract.table import Column, Table
from manual.reference.rows import table

OPENING = """# Tables of the lake

Made from the code. The lake holds Parquet, `lake/<table>/dissection=<name>/`; every table has the column
`dissection`, the folder's name. Staging passes each on as it is, as `stg_dissection__<table>` in the warehouse;
people query its [marts](marts.md) and [reports](reports.md). What must hold of each table: [checks](checks.md).
"""


def tables_page() -> str:
    """The whole page, room by room."""
    parts = [OPENING]
    for room, tables in groupby(TABLES, key=lambda one: one.room):
        parts += [f"## Room `{room}`\n", *map(_described, tables)]
    return "\n".join(parts)


def _described(one: Table) -> str:
    key = ", ".join(f"`{name}`" for name in ("dissection", *one.key))
    columns = table(["column", "type", "null", "what it is"], map(_row, one.columns))
    return f"### `{one.name}`\n\n{one.description} Key: {key}.\n\n{columns}\n"


def _row(column: Column) -> tuple[str, str, str, str]:
    return column.name, _written(column.type), "may be" if column.nullable else "", column.description


def _written(kind: pa.DataType) -> str:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"list of {_written(kind.value_type)}"
    return str(kind)
