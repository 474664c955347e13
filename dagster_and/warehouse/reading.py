"""What the warehouse holds, read-only."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_and.foundation.errors import UserError
from dagster_and.warehouse.opening import EarlierWarehouseError, opened

if TYPE_CHECKING:
    import duckdb
    import polars as pl
    from duckdb import DuckDBPyConnection

PATIENCE_S = 5.0
"""How long a program that writes to the warehouse is waited for."""
MADE_FROM = "building.dissections"
"""The table in which dbt notes of each dissection in the warehouse what its rows were made from."""


class UnreadableError(UserError):
    """The file is no DuckDB database, or not a whole one."""


class HeldError(UserError):
    """Another program holds it for writing."""

    def __init__(self, said: str, holder: str = ""):
        super().__init__(said)
        self.holder = holder


@contextmanager
def reading(warehouse: Path, patience_s: float = PATIENCE_S) -> Iterator["DuckDBPyConnection"]:
    """A read-only connection, which reads no other file. Waits a little for another program that writes, and says so
    on stderr.

    Raises:
        UserError: there is no warehouse, another program holds it, it can't be read, or it is of another version.
    """
    import duckdb

    if not warehouse.exists():
        raise UserError(f"There is no warehouse at {warehouse} yet: run `dissect run ast-demo` first.")
    deadline, is_said = time.monotonic() + patience_s, False
    connection = None
    while connection is None:
        try:
            connection = opened(warehouse)
        except duckdb.Error as error:
            kept_from = trouble(warehouse, error)
            if not isinstance(kept_from, HeldError) or time.monotonic() >= deadline:
                raise kept_from from None
            if not is_said:
                waited_for = f"Waiting for {kept_from.holder}, which holds the warehouse for writing."
                print(waited_for, file=sys.stderr, flush=True)
            is_said = True
            time.sleep(0.2)
    with connection:
        try:
            yield connection
        except duckdb.Error as error:
            if "checksum" in str(error):  # DuckDB looks at a block when it is asked for its rows
                raise trouble(warehouse, error) from None
            raise


def trouble(warehouse: Path, error: "duckdb.Error") -> HeldError | UnreadableError:
    """Why DuckDB could not open a warehouse that is there, in words."""
    holder = re.search(r"lock is held in (.+?) \(PID (\d+)\)", str(error))
    if holder:
        who = f"{holder[1]} (process {holder[2]})"
        how = "close it there, or open it read-only as `dissect sql` does, and try again"
        return HeldError(f"The warehouse {warehouse} is held for writing by {who}: {how}.", who)
    reason = str(error).splitlines()[0].rstrip(".!")
    return UnreadableError(
        f"The warehouse {warehouse} can't be read ({reason}): remove it, and `dissect run` builds it anew."
    )


def dissection_meant(connection: "DuckDBPyConnection", wanted: str | None) -> str:
    """The dissection of that name, or the only one where none is named.

    Raises:
        UserError: the warehouse holds none of that name, or several to choose from.
    """
    names = [name for (name,) in connection.sql("select dissection from dim_dissections order by 1").fetchall()]
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is None or wanted not in names:
        what = "Several dissections are" if wanted is None else f"There is no dissection {wanted!r}"
        raise UserError(f"{what} in the warehouse: write --dissection with one of {', '.join(names) or '(none)'}.")
    return wanted


def read_report(warehouse: Path, model: str, dissection: str | None = None) -> "pl.DataFrame":
    """A dbt model's rows, of one dissection or all, from the warehouse as it is now.

    Dissections stand in the order of their names, whichever was built last; within one rows stand as the model orders
    them. The model has to be a table.

    Raises:
        UserError: as :func:`reading`.
    """
    with reading(warehouse) as connection:
        if dissection is not None:
            return connection.sql(f'from "{model}" where dissection = ? order by rowid', params=[dissection]).pl()
        order = "dissection, rowid" if "dissection" in connection.table(model).columns else "rowid"
        return connection.sql(f'from "{model}" order by {order}').pl()


def dissections_held(warehouse: Path) -> dict[str, str] | None:
    """By dissection in the warehouse what its rows were made from; None where that isn't known: there is no warehouse,
    it is broken or of an earlier version, or it has been written to and not closed.

    Raises:
        UserError: another program holds it, or it is of a later version.
    """
    import duckdb

    if not warehouse.exists() or write_ahead_log(warehouse).exists():
        return None
    try:
        with reading(warehouse) as connection:
            return dict(connection.sql(f"from {MADE_FROM}").fetchall())
    except (UnreadableError, EarlierWarehouseError, duckdb.Error):
        return None


def write_ahead_log(warehouse: Path) -> Path:
    """What DuckDB leaves beside a file that a program wrote to and did not close."""
    return warehouse.with_name(f"{warehouse.name}.wal")
