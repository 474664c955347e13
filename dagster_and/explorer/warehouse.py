"""The warehouse under the pages: read-only, and the new file as soon as a run has put one in place."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]


class NoWarehouseError(Exception):
    """There is no warehouse that can be read; its text says what to do, to people."""


class NotThereError(Exception):
    """What an address asks for is not in the warehouse; its text is one sentence."""


class Reader:
    """One request's view of one warehouse."""

    def __init__(self, cursor: "duckdb.DuckDBPyConnection", version: str):
        self._cursor = cursor
        self.version = version
        """Changes with every new warehouse."""

    def rows(self, query: str, *values: object) -> list[Row]:
        """All rows of a query, a dict each, NaN as None; ``values`` stand for its question marks."""
        done = self._cursor.execute(query, list(values))
        names = [column[0] for column in done.description or ()]
        return [dict(zip(names, map(_known, row), strict=True)) for row in done.fetchall()]

    def row(self, query: str, *values: object) -> Row:
        """The one row of a query.

        Raises:
            NotThereError: there is none.
        """
        found = self.rows(query, *values)
        if not found:
            raise NotThereError("The warehouse holds nothing of that name or number.")
        return found[0]

    def column(self, query: str, *values: object) -> list[Any]:
        """The first column of a query."""
        return [row[0] for row in self._cursor.execute(query, list(values)).fetchall()]


class Warehouse:
    """Opens the file once, and anew when another has taken its place: a run swaps it, and readers go on."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = Lock()
        self._version = ""
        self._connection: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """A reader of the warehouse as it is now; the file that it reads stays open until it is done.

        Raises:
            NoWarehouseError: there is none yet, or it can't be opened.
        """
        with self._lock:
            version = self._version_now()
            if self._connection is None or version != self._version:
                self._connection, self._version = self._opened(), version
            cursor = self._connection.cursor()
        with cursor:
            cursor.execute("use warehouse")
            yield Reader(cursor, version)

    def _version_now(self) -> str:
        try:
            facts = self.path.stat()
        except OSError:
            raise NoWarehouseError(f"There is no warehouse at {self.path} yet.") from None
        return f"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_size:x}"

    def _opened(self) -> "duckdb.DuckDBPyConnection":
        """A database of its own each time: within one, DuckDB would go on with the file that it has open by that name.

        Locked: whatever a query says, it reads this file and no other.
        """
        import duckdb

        connection = duckdb.connect(":memory:")
        quoted = str(self.path).replace("'", "''")
        try:
            connection.execute(f"attach '{quoted}' as warehouse (read_only)")
        except duckdb.Error as error:
            raise NoWarehouseError(f"The warehouse at {self.path} can't be opened: {error}") from error
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        return connection


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
