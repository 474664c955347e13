"""What a suite looks at: a DuckDB query over the Parquet files of one dissection, as a pandas frame."""

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from dagster_and.foundation.errors import UserError
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import TABLES, Table
from dagster_and.method.contract.table import Column

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


def column_names(lake: Lake, table: Table, dissection: str) -> list[str]:
    """Columns that the partition's file really has, in its order.

    Raises:
        UserError: there is no file yet.
    """
    if not lake.has(table, dissection):
        raise UserError(
            f"The table {table.name} of dissection {dissection} has not been made yet, so it can't be checked: "
            f"materialise the asset {table.name} first."
        )
    return lake.schema(table, dissection).names


def select_frame(lake: Lake, table: Table, dissection: str, query: str) -> "pd.DataFrame":
    """Rows to validate, in the order of the table's key: its columns and those that ``query`` adds.

    In ``query`` the table is ``this``; the dissection's other tables go by their names. A list column comes out as the
    number of its elements: the lists themselves may be gigabytes.

    Raises:
        duckdb.Error: the query can't be run on these tables.
    """
    changed = ", ".join(filter(None, (_for_pandas(column) for column in table.columns)))
    replacing = f"* replace ({changed})" if changed else "*"
    order = ", ".join(f'"{name}"' for name in table.key)
    with _connect(lake, table, dissection, query) as connection:
        return connection.sql(f"with judged as ({query}) select {replacing} from judged order by {order}").df()


def _connect(lake: Lake, table: Table, dissection: str, query: str) -> "duckdb.DuckDBPyConnection":
    """An in-memory database that sees the files that the query speaks of, and asks no network for an extension."""
    import duckdb

    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=offline)
    words = set(re.findall(r"\w+", query))
    for other in TABLES:
        if other != table and other.name not in words:
            continue
        if lake.has(other, dissection):
            path = lake.path(other, dissection)
            # read_parquet takes a pattern, and folders may have brackets in their names
            literal = re.sub(r"([*?\[])", r"[\1]", str(path.absolute())).replace("'", "''")
            connection.execute(f"create view {other.name} as from read_parquet('{literal}', hive_partitioning = false)")
    connection.execute(f"create view this as from {table.name}")
    return connection


def _for_pandas(column: Column) -> str | None:
    """The column as it goes to pandas, where that isn't itself."""
    if pa.types.is_list(column.type):
        return f'len("{column.name}") as "{column.name}"'
    if pa.types.is_floating(column.type):
        # pandas can't tell NaN from null; infinity is refused just the same, and no range admits it
        return f'if(isnan("{column.name}"), \'inf\'::double, "{column.name}") as "{column.name}"'
    return None
