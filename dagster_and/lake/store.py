"""The lake: Parquet tables under ``<root>/<table>/dissection=<name>/``, the border between Python and SQL.

A file is written to a temporary name and renamed, so a reader never sees half of one and a killed run leaves the last
good one. Each file carries a stamp, the key of everything it was made from: equal key, equal content, nothing redone.
"""

import fcntl
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from dagster_and.foundation.errors import UserError
from dagster_and.lake.tables import TABLES, Table

STAMP = b"dagster_and.stamp"
SCHEMA_PARTITION = "__schema__"
TEMPORARY = ".tmp"
MADE_BY = "dissection_file"


@dataclass(frozen=True)
class Stamp:
    """What a table was made from: its own key, and the keys of its inputs at that time by table name."""

    key: str
    inputs: Mapping[str, str]


class Lake:
    """Reads and writes the tables of :mod:`dagster_and.lake.tables`."""

    def __init__(self, root: Path):
        self.root = root

    def path(self, table: Table, dissection: str) -> Path:
        """The one Parquet file of a table's partition."""
        return self.root / table.name / f"dissection={dissection}" / "part-0.parquet"

    def stamp(self, table: Table, dissection: str) -> Stamp | None:
        """The stamp of the partition, or None where there is none or its columns are of an older contract."""
        try:
            schema = pq.read_schema(self.path(table, dissection))
        except (FileNotFoundError, NotADirectoryError, pa.ArrowInvalid):
            return None
        metadata = schema.metadata or {}
        if STAMP not in metadata or not schema.equals(table.schema, check_metadata=False):
            return None
        return Stamp(**json.loads(metadata[STAMP]))

    def write(
        self, table: Table, dissection: str, content: pl.DataFrame | Iterable[pa.RecordBatch], stamp: Stamp
    ) -> int:
        """Replace a partition, atomically; returns the number of rows.

        Raises:
            ValueError: the content doesn't follow the table's contract (columns, types, nulls).
        """
        rows = 0
        with self._replacing(self.path(table, dissection)) as temporary:
            schema = table.schema.with_metadata({STAMP: json.dumps({"key": stamp.key, "inputs": dict(stamp.inputs)})})
            with pq.ParquetWriter(temporary, schema, **_encoding(schema)) as writer:
                for batch in _batches(table, content):
                    writer.write_table(pa.Table.from_batches([batch]).replace_schema_metadata(schema.metadata))
                    rows += batch.num_rows
        return rows

    def read(self, table: Table, dissection: str, columns: list[str] | None = None) -> pl.DataFrame:
        """A whole partition as a frame. For ``activations`` prefer :meth:`batches`.

        Raises:
            UserError: the table has not been materialised for this dissection.
        """
        self._require(table, dissection)
        # no pattern: folders may have brackets in their names
        return pl.read_parquet(self.path(table, dissection), columns=columns, hive_partitioning=False, glob=False)

    def read_if_made(self, table: Table, dissection: str) -> pl.DataFrame | None:
        """A whole partition; None where there is none, or none with today's columns."""
        return self.read(table, dissection) if self.stamp(table, dissection) else None

    def batches(self, table: Table, dissection: str) -> Iterator[pa.RecordBatch]:
        """A partition one row group at a time, as it was written.

        Raises:
            UserError: the table has not been materialised for this dissection.
        """
        self._require(table, dissection)
        with pq.ParquetFile(self.path(table, dissection)) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group).combine_chunks().to_batches()[0]

    def note_file(self, table: Table, dissection: str, fingerprint: str) -> None:
        """Note beside a partition by which dissection file it was last made, or found to be as it should be.

        Its stamp can't say it: that covers the settings of its own, and the file may also have changed for a room that
        has not been run since.
        """
        self.note(table, dissection, MADE_BY, fingerprint)

    def is_made_by(self, table: Table, dissection: str, fingerprint: str) -> bool:
        """Whether :meth:`note_file` noted that very dissection file."""
        return self.noted(table, dissection, MADE_BY) == fingerprint

    def note(self, table: Table, dissection: str, name: str, text: str) -> None:
        """Keep a text of that name beside a partition, in place of the last one."""
        with self._replacing(self._note(table, dissection, name)) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def noted(self, table: Table, dissection: str, name: str) -> str | None:
        """The text of that name beside a partition; None where there is none that can be read."""
        try:
            return self._note(table, dissection, name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def dissections(self) -> list[str]:
        """Names of all dissections that have at least one table, sorted."""
        partitions = self.root.glob("*/dissection=*/part-0.parquet")
        names = {p.parent.name.removeprefix("dissection=") for p in partitions}
        return sorted(names - {SCHEMA_PARTITION})

    def stale_tables(self, dissection: str) -> list[str]:
        """Tables whose inputs have changed since they were made, in room order: what must not reach the warehouse."""
        stamps = {table.name: self.stamp(table, dissection) for table in TABLES}
        stale: list[str] = []
        for name, stamp in stamps.items():
            for source, key in stamp.inputs.items() if stamp else ():
                current = stamps.get(source)
                if source in stamps and (current is None or current.key != key or source in stale):
                    stale.append(name)
                    break
        return stale

    def ensure_schema_files(self) -> None:
        """A zero-row file per table, so that dbt finds every source with its columns before anything is made."""
        for table in TABLES:
            path = self.path(table, SCHEMA_PARTITION)
            if not path.exists() or not pq.read_schema(path).equals(table.schema, check_metadata=False):
                self.write(table, SCHEMA_PARTITION, [], Stamp(key="schema", inputs={}))

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """No partition is replaced while this is held: dbt builds from one state of the lake."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / ".lock"):
            yield

    @contextmanager
    def _replacing(self, path: Path) -> Iterator[Path]:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY}")
        with _writing_in(path.parent):
            try:
                yield temporary
                with self.held_still():
                    temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def _note(self, table: Table, dissection: str, name: str) -> Path:
        return self.path(table, dissection).with_name(f"{name}.txt")

    def _require(self, table: Table, dissection: str) -> None:
        if not self.path(table, dissection).exists():
            raise UserError(
                f"The table {table.name} of dissection {dissection} has not been made yet: "
                f"materialise the asset {table.name} first, or everything with `dissect run {dissection}`."
            )


@contextmanager
def _writing_in(folder: Path) -> Iterator[None]:
    """All who write in a folder share a lock, which ends with its process; who is alone sweeps what the killed left."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        if _locked(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):
            for leftover in folder.glob(f".*{TEMPORARY}"):
                leftover.unlink()
        _locked(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _locked(handle: int, how: int) -> bool:
    """Whether the lock was got: others may have it, and some file systems know none."""
    try:
        fcntl.flock(handle, how)
    except OSError:
        return False
    return True


def _encoding(schema: pa.Schema) -> dict[str, Any]:
    """Dictionaries for what repeats itself: not for measurements, of which hardly two are equal.

    Whole lists of measurements aren't compressed either: that takes 7 % off the file and half of the time to write it.
    """
    if any(pa.types.is_list(field.type) and pa.types.is_floating(field.type.value_type) for field in schema):
        return {"compression": "none", "use_dictionary": False}
    repetitive = [f.name for f in schema if not (pa.types.is_floating(f.type) or pa.types.is_list(f.type))]
    return {"compression": "zstd", "use_dictionary": repetitive}


def _batches(table: Table, content: pl.DataFrame | Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if isinstance(content, pl.DataFrame):
        missing = [c.name for c in table.columns if c.name not in content.columns]
        extra = [name for name in content.columns if name not in table.schema.names]
        if missing or extra:
            raise ValueError(f"{table.name}: missing columns {missing}, unknown columns {extra}")
        whole = content.select(table.schema.names).to_arrow().cast(table.schema)
        batches: Iterable[pa.RecordBatch] = whole.to_batches()
    else:
        batches = content
    for batch in batches:
        for column in table.columns:
            if not column.nullable and batch.column(column.name).null_count:
                raise ValueError(f"{table.name}.{column.name} must not be null")
        yield batch
