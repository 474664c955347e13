"""The warehouse opened to be read: its file and no other, and only where its models are those of today."""

from pathlib import Path
from typing import TYPE_CHECKING

from dagster_and.foundation.errors import UserError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VERSION = 2
"""Of the models that people and programs read; raised by one whenever their names, columns or types change."""


class EarlierWarehouseError(UserError):
    """It was built by an earlier version of this package, and is to be built anew."""


def opened(warehouse: Path) -> "DuckDBPyConnection":
    """A read-only connection, locked: whatever a query says, no other file is read and none is written.

    It is a database of its own each time: within one, DuckDB would go on with the file that it has open by that name.

    Raises:
        duckdb.Error: DuckDB can't open the file.
        UserError: the warehouse is of another version.
    """
    import duckdb

    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=offline)
    quoted, name = str(warehouse).replace("'", "''"), warehouse.stem.replace('"', '""')
    try:
        connection.execute(f"attach '{quoted}' as \"{name}\" (read_only)")
        connection.execute(f'use "{name}"')
        connection.execute(f"set temp_directory = '{quoted}.tmp'")  # for what does not fit into memory
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        _refuse_other(connection, warehouse)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_other(connection: "DuckDBPyConnection", warehouse: Path) -> None:
    """One that was built before versions were counted says none, and is of the first."""
    says = "select count(*) > 0 from duckdb_tables() where schema_name = 'building' and table_name = 'version'"
    if not connection.sql(says).fetchall()[0][0]:
        return
    version = connection.sql("select max(version) from building.version").fetchall()[0][0]
    if version == VERSION:
        return
    if version > VERSION:
        raise UserError(
            f"The warehouse {warehouse} is of version {version}, and this package reads it up to version {VERSION}: "
            "update the package."
        )
    held = connection.sql("select min(dissection) from building.dissections").fetchall()[0][0]
    raise EarlierWarehouseError(
        f"The warehouse {warehouse} is of version {version}, and this package reads version {VERSION}: `dissect run "
        f"{held or 'planted-demo'}` builds it anew."
    )
