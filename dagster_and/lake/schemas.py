"""Versions of the tables' schemas: of which a file is, and what is said where that is another than today's."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_and.foundation.errors import UserError
from dagster_and.method.contract.table import Table

VERSION = b"dagster_and.schema_version"
"""In the metadata of a file; one that was written before versions were counted has none, and is of the first."""


class LaterVersionError(UserError):
    """The lake was written by a later version of this package: nothing may be done with it by this one."""


def version_of(schema: pa.Schema) -> int:
    """Of the file that has this schema; 0 of what is no version of this house."""
    written = (schema.metadata or {}).get(VERSION, b"1")
    return int(written) if written.isdigit() else 0


def is_todays(table: Table, schema: pa.Schema, where: str) -> bool:
    """Whether a file has the columns that are written today.

    Args:
        table: whose file it is.
        schema: of the file, with its metadata.
        where: it lies, for people.

    Raises:
        LaterVersionError: it is of a later version.
    """
    version = version_of(schema)
    if version > table.version:
        raise LaterVersionError(
            f"{where} is of version {version} of the table {table.name}, and this package knows it up to version "
            f"{table.version}: update the package, or set AND_HOME to a folder of its own; nothing was changed."
        )
    return version == table.version and _columns(schema) == _columns(table.schema)


def require_todays(table: Table, dissection: str, file: Path, where: str) -> None:
    """Refuse what can't be read as today's columns; what is broken is left to whoever reads it.

    Raises:
        UserError: the file is of another version.
    """
    try:
        schema = pq.read_schema(file)
    except (pa.ArrowException, OSError):
        return
    if not is_todays(table, schema, where):
        raise UserError(
            f"The table {table.name} of dissection {dissection} has other columns than this package writes "
            f"(version {version_of(schema)} for {table.version}): `dissect run {dissection}` makes it anew."
        )


def _columns(schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    """Names and types, in order; whether a null stands where none may is for the checks."""
    return [(field.name, field.type) for field in schema]
