"""The lake: Parquet tables under ``<root>/<table>/dissection=<name>/``, the border between Python and SQL.

A file is written to a temporary name and renamed, so a reader never sees half of one and a killed run leaves the last
good one. Each file carries a stamp, the key of everything it was made from: equal key, equal content, nothing redone.
A file that was cut off or written over has none: it is read through once whenever its size or time is not as noted.
"""

import errno
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
from dagster_and.lake.places import located, stored
from dagster_and.lake.soundness import Soundness
from dagster_and.lake.tables import TABLES, Table

STAMP = b"dagster_and.stamp"
SCHEMA_PARTITION = "__schema__"
TEMPORARY = ".tmp"
BROKEN = "broken.parquet"
MADE_BY = "dissection_file"
PAGE = 1 << 16
"""Bytes that are read at a time where only the first rows are wanted."""


@dataclass(frozen=True)
class Stamp:
    """What a table was made from: its own key, and the keys of its inputs at that time by table name."""

    key: str
    inputs: Mapping[str, str]


class Lake:
    """Reads and writes the tables of :mod:`dagster_and.lake.tables`."""

    def __init__(self, root: Path):
        self.root = root
        self._soundness = Soundness(root)

    def path(self, table: Table, dissection: str) -> Path:
        """The one Parquet file of a table's partition."""
        return self.root / table.name / f"dissection={dissection}" / "part-0.parquet"

    def stamp(self, table: Table, dissection: str) -> Stamp | None:
        """The stamp of the partition; None where there is none, or the file is of an older contract, or broken.

        Raises:
            OSError: the file is there but may not be read, or its disk is gone.
        """
        try:
            schema = pq.read_schema(self.path(table, dissection))
            metadata = schema.metadata or {}
            if STAMP not in metadata or not schema.equals(table.schema, check_metadata=False):
                return None
            stamp = Stamp(**json.loads(metadata[STAMP]))
        except (pa.ArrowException, ValueError, TypeError):
            return None
        except OSError as error:
            if error.errno not in (None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR):  # pyarrow's own have no number
                raise
            return None
        return stamp if self._soundness.holds(self.path(table, dissection)) else None

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
            if isinstance(content, pl.DataFrame):
                content = stored(table, content, self.root.parent)
            with pq.ParquetWriter(temporary, schema, write_page_checksum=True, **_encoding(schema)) as writer:
                for batch in _batches(table, content):
                    writer.write_table(pa.Table.from_batches([batch]).replace_schema_metadata(schema.metadata))
                    rows += batch.num_rows
        self._soundness.note(self.path(table, dissection))
        return rows

    def read(self, table: Table, dissection: str, columns: list[str] | None = None) -> pl.DataFrame:
        """A whole partition as a frame. For ``activations`` prefer :meth:`batches`.

        Raises:
            UserError: the table has not been materialised for this dissection, or its file is broken.
        """
        self._require(table, dissection)
        path = self.path(table, dissection)
        try:  # no pattern: folders may have brackets in their names
            frame = pl.read_parquet(path, columns=columns, hive_partitioning=False, glob=False)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            said = " ".join(str(error).split())[:200]
            raise UserError(
                f"The table {table.name} of dissection {dissection} can't be read ({said}): "
                f"`dissect run {dissection}` makes it anew."
            ) from error
        return located(table, frame, self.root.parent)

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

    def glimpse(self, table: Table, dissection: str, rows: int, columns: list[str]) -> tuple[int, pl.DataFrame]:
        """How many rows a partition has, and the first of them: only the file's end and its first pages are read.

        Raises:
            UserError: the table has not been materialised for this dissection.
        """
        self._require(table, dissection)
        with pq.ParquetFile(self.path(table, dissection), buffer_size=PAGE) as file:
            count = file.metadata.num_rows
            first = [next(file.iter_batches(rows, row_groups=[0], columns=columns))] if count else []
            shown = pa.Table.from_batches(first, None if first else pa.schema(table.schema.field(c) for c in columns))
        return count, located(table, pl.DataFrame(shown), self.root.parent)

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
        """Tables that must not reach the warehouse, in room order: their inputs have changed since they were made, or
        their file is broken or of an older contract.
        """
        stamps = {table.name: self.stamp(table, dissection) for table in TABLES}
        stale = [t.name for t in TABLES if stamps[t.name] is None and os.path.lexists(self.path(t, dissection))]
        for name, stamp in stamps.items():
            for source, key in stamp.inputs.items() if stamp and name not in stale else ():
                current = stamps.get(source)
                if source in stamps and (current is None or current.key != key or source in stale):
                    stale.append(name)
                    break
        return [table.name for table in TABLES if table.name in stale]

    def set_aside_broken(self) -> None:
        """Rename every file that can't be read, so that no pattern finds it: it would keep all others from being read.

        Its content is kept beside, for whoever wants to look at it.
        """
        for table in TABLES:
            for path in (self.root / table.name).glob("dissection=*/part-0.parquet"):
                if self._is_broken(table, path.parent.name.removeprefix("dissection=")):
                    path.replace(path.with_name(BROKEN))

    def ensure_schema_files(self) -> None:
        """A zero-row file per table, so that dbt finds every source with its columns before anything is made."""
        for table in TABLES:
            if self.stamp(table, SCHEMA_PARTITION) is None:
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

    def _is_broken(self, table: Table, dissection: str) -> bool:
        try:
            pq.read_schema(self.path(table, dissection))
        except (pa.ArrowException, OSError):
            return True
        return not self._soundness.holds(self.path(table, dissection))

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
