"""The warehouse under the pages: read-only, and the new file as soon as a run has put one in place."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from dagster_and.warehouse.opening import EarlierWarehouseError, opened
from dagster_and.warehouse.reading import trouble

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]


class NoWarehouseError(Exception):
    """There is no warehouse yet."""


class NotThereError(Exception):
    """What an address asks for is not in the warehouse; its text is one sentence."""


class Reader:
    """One request's view of one warehouse."""

    def __init__(self, cursor: "duckdb.DuckDBPyConnection", version: str, lock: Lock):
        self._cursor = cursor
        self._lock = lock
        self.version = version
        """Changes with every new warehouse."""

    def rows(self, query: str, *values: object) -> list[Row]:
        """All rows of a query, a dict each, NaN as None; ``values`` stand for its question marks."""
        done = self._asked(query, values)
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

    def kept(self, name: str, query: str) -> str:
        """A table in memory of what a query gives, made once for each warehouse; how queries call it."""
        place = f"memory.main.{name}"
        with self._lock:
            self._cursor.execute(f"create table if not exists {place} as {query}")
        return place

    def column(self, query: str, *values: object) -> list[Any]:
        """The first column of a query."""
        return [row[0] for row in self._asked(query, values).fetchall()]

    def _asked(self, query: str, values: tuple[object, ...]) -> "duckdb.DuckDBPyConnection":
        import duckdb

        try:
            return self._cursor.execute(query, list(values))
        except (duckdb.CatalogException, duckdb.BinderException) as error:  # it is from before versions were counted
            said = str(error).splitlines()[0].rstrip(".!")
            raise EarlierWarehouseError(
                f"The warehouse was built by another version of this package ({said}): `dissect run` builds it anew."
            ) from error


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
            NoWarehouseError: there is none yet.
            UserError: another program holds it, it can't be read, or it is of another version.
        """
        with self._lock:
            version = self._version_now()
            if self._connection is None or version != self._version:
                self._connection, self._version = self._opened(), version
            cursor = self._connection.cursor()
        with cursor:
            cursor.execute(f'use "{self.path.stem}"')
            yield Reader(cursor, version, self._lock)

    def _version_now(self) -> str:
        try:
            facts = self.path.stat()
        except OSError:
            raise NoWarehouseError(f"There is no warehouse at {self.path} yet.") from None
        return f"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_size:x}"

    def _opened(self) -> "duckdb.DuckDBPyConnection":
        import duckdb

        try:
            return opened(self.path)
        except duckdb.Error as error:
            raise trouble(self.path, error) from error


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
