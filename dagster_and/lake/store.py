"""The lake: Parquet tables under ``<table>/dissection=<name>/``, the border between Python and SQL.

They lie in a folder, or in a bucket (:mod:`storage`): a file is replaced whole, so a reader never sees half of one and
a killed run leaves the last good one. Each file carries a stamp, the key of everything it was made from: equal key,
equal content, nothing redone. A file that was cut off or written over has none: it is read through once whenever its
size or time (of a bucket its ETag) is not as noted.
"""

import errno
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.pieces import Piece, first_rows, one_batch
from dagster_and.lake.places import located, stored
from dagster_and.lake.schemas import VERSION, is_todays, require_todays
from dagster_and.lake.soundness import Soundness
from dagster_and.lake.stamps import Stamp
from dagster_and.lake.storage import Bucket, Folder, Storage
from dagster_and.lake.tables import TABLES, Table
from dagster_and.lake.writing import batches, encoding

SCHEMA_PARTITION = "__schema__"
PART = "part-0.parquet"
BROKEN = "broken.parquet"
PARTITION = re.compile(rf"dissection=([^/]+)/{re.escape(PART)}")
MADE_BY = "dissection_file"


class Lake:
    """Reads and writes the tables of :mod:`dagster_and.lake.tables`."""

    def __init__(self, root: Path | str, home: Path | None = None):
        """A lake may be pickled, and opened in another process.

        Args:
            root: folder of the tables, or a URL.
            home: folder that the tables' places are told from and that keeps what is fetched; by default the folder's.

        Raises:
            UserError: nothing can be done with such a URL.
        """
        is_url = isinstance(root, str) and "://" in root
        if is_url and home is None:
            raise ValueError(f"{root} needs a home that keeps what is fetched from it")
        self.root = root if is_url else Path(root)
        self.home = home or Path(root).parent
        self.storage: Storage = Bucket.of(str(root), self.home) if is_url else Folder(Path(root))
        self._soundness = Soundness(self.storage)

    @classmethod
    def of(cls, home: Home) -> "Lake":
        """The lake of a home: beyond its URL, or in its folder."""
        return cls(home.lake_url or home.lake, home.root)

    def name(self, table: Table, dissection: str) -> str:
        """Of the one Parquet file of a table's partition, within the lake."""
        return f"{table.name}/dissection={dissection}/{PART}"

    def location(self, table: Table, dissection: str) -> str:
        """Where that file lies, for people."""
        return f"{self.storage.place}/{self.name(table, dissection)}"

    def path(self, table: Table, dissection: str) -> Path:
        """A local file with the partition as it is now, its own or what was fetched; nothing lies there if none."""
        return self.storage.fetch(self.name(table, dissection))

    def has(self, table: Table, dissection: str) -> bool:
        """Whether the partition is there, whatever it holds."""
        return self.facts(table, dissection) is not None

    def facts(self, table: Table, dissection: str) -> str | None:
        """What changes whenever the partition's file does: size and time, or ETag; None where there is none."""
        return self.storage.facts(self.name(table, dissection))

    def schema(self, table: Table, dissection: str) -> pa.Schema:
        """Columns that the partition's file really has, in its order, whichever version it is of.

        Raises:
            OSError: there is none.
            ArrowException: it is broken.
        """
        return pq.read_schema(self.storage.footer(self.name(table, dissection)))

    def stamp(self, table: Table, dissection: str) -> Stamp | None:
        """The stamp of the partition; None where there is none, or the file is of an earlier version, or broken.

        Raises:
            OSError: the file is there but may not be read, or its disk is gone.
            LaterVersionError: it was written by a later version of this package.
        """
        try:
            schema = self.schema(table, dissection)
        except pa.ArrowException:
            return None
        except OSError as error:
            if error.errno not in (None, errno.ENOENT, errno.ENOTDIR, errno.EISDIR):  # pyarrow's own have no number
                raise
            return None
        if not is_todays(table, schema, self.location(table, dissection)):
            return None
        stamp = Stamp.of(schema.metadata)
        return stamp if stamp and self._soundness.holds(self.name(table, dissection)) else None

    def stamps(self, dissection: str, tables: Sequence[Table] = TABLES) -> dict[str, Stamp | None]:
        """The stamps of several tables, by name; raises as :meth:`stamp`."""
        found = self.storage.each(lambda table: self.stamp(table, dissection), tables)
        return {table.name: stamp for table, stamp in zip(tables, found, strict=True)}

    def write(
        self, table: Table, dissection: str, content: pl.DataFrame | Iterable[pa.RecordBatch], stamp: Stamp
    ) -> int:
        """Replace a partition, atomically; returns the number of rows.

        Raises:
            ValueError: the content doesn't follow the table's contract (columns, types, nulls).
        """
        rows = 0
        with self.storage.writing(self.name(table, dissection)) as temporary:
            schema = table.schema.with_metadata({**stamp.metadata, VERSION: str(table.version)})
            if isinstance(content, pl.DataFrame):
                content = stored(table, content, self.home)
            with pq.ParquetWriter(temporary, schema, write_page_checksum=True, **encoding(schema)) as writer:
                for batch in batches(table, content):
                    writer.write_table(pa.Table.from_batches([batch]).replace_schema_metadata(schema.metadata))
                    rows += batch.num_rows
        self._soundness.note(self.name(table, dissection))
        return rows

    def read(self, table: Table, dissection: str, columns: list[str] | None = None) -> pl.DataFrame:
        """A whole partition as a frame. For ``activations`` prefer :meth:`batches`.

        Raises:
            UserError: the table has not been materialised for this dissection, or its file is broken or of another
                version.
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
        return located(table, frame, self.home)

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
                yield one_batch(file, group)

    def pieces(self, table: Table, dissection: str) -> list[Piece]:
        """A partition's row groups, to be read by whoever they are handed to, in the order of :meth:`batches`.

        Raises:
            UserError: the table has not been materialised for this dissection.
        """
        self._require(table, dissection)
        name, facts = self.name(table, dissection), self.facts(table, dissection)
        layout = pq.read_metadata(self.storage.footer(name))
        rows = [layout.row_group(group).num_rows for group in range(layout.num_row_groups)]
        return [Piece(self.storage, name, facts or "", group, count) for group, count in enumerate(rows)]

    def glimpse(self, table: Table, dissection: str, rows: int, columns: list[str]) -> tuple[int, pl.DataFrame]:
        """How many rows a partition has, and the first of them: only the file's end and its first pages are read.

        Raises:
            UserError: the table has not been materialised for this dissection.
        """
        self._require(table, dissection)
        count, shown = first_rows(self.storage, self.name(table, dissection), rows, columns)
        return count, located(table, shown, self.home)

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
        with self.storage.writing(self._note(table, dissection, name)) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def noted(self, table: Table, dissection: str, name: str) -> str | None:
        """The text of that name beside a partition; None where there is none that can be read."""
        return self.storage.text(self._note(table, dissection, name))

    def dissections(self) -> list[str]:
        """Names of all dissections that have at least one table, sorted."""
        return sorted({name for names in self._partitions() for name in names} - {SCHEMA_PARTITION})

    def stale_tables(self, dissection: str) -> list[str]:
        """Tables that must not reach the warehouse, in room order: their inputs have changed since they were made, or
        their file is broken or of an earlier version.
        """
        stamps = self.stamps(dissection)
        stale = [t.name for t in TABLES if stamps[t.name] is None and self.has(t, dissection)]
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
        partitions = [(t, name) for t, names in zip(TABLES, self._partitions(), strict=True) for name in names]
        self.storage.each(lambda one: self._set_aside_if_broken(*one), partitions)

    def ensure_schema_files(self) -> None:
        """A zero-row file per table, so that dbt finds every source with its columns before anything is made."""
        stamps = self.stamps(SCHEMA_PARTITION)
        lacking = [table for table in TABLES if stamps[table.name] is None]
        self.storage.each(lambda table: self.write(table, SCHEMA_PARTITION, [], Stamp("schema", {})), lacking)

    def held_still(self) -> AbstractContextManager[None]:
        """No partition is replaced while this is held: dbt builds from one state of the lake.

        In a bucket nothing can be held: whoever builds looks at :meth:`state` before and after.
        """
        return self.storage.held_still()

    def state(self, dissections: Iterable[str]) -> dict[str, list[str | None]]:
        """By dissection the facts of all its tables: equal where not one of them has been replaced."""
        every = [(name, table) for name in dissections for table in TABLES]
        facts = self.storage.each(lambda one: self.facts(one[1], one[0]), every)
        found: dict[str, list[str | None]] = {}
        for (name, _), fact in zip(every, facts, strict=True):
            found.setdefault(name, []).append(fact)
        return found

    def _partitions(self) -> list[list[str]]:
        """By table, in order, the dissections that have it."""
        listed = self.storage.each(lambda table: self.storage.names(table.name), TABLES)
        return [
            sorted(found[1] for name in names if (found := PARTITION.fullmatch(name.removeprefix(f"{table.name}/"))))
            for table, names in zip(TABLES, listed, strict=True)
        ]

    def _set_aside_if_broken(self, table: Table, dissection: str) -> None:
        name, facts = self.name(table, dissection), self.facts(table, dissection)
        if self._is_broken(table, dissection):
            self.storage.set_aside(name, facts, f"{name.removesuffix(PART)}{BROKEN}")

    def _is_broken(self, table: Table, dissection: str) -> bool:
        try:
            self.schema(table, dissection)
        except (pa.ArrowException, OSError):
            return True
        return not self._soundness.holds(self.name(table, dissection))

    def _note(self, table: Table, dissection: str, name: str) -> str:
        return f"{self.name(table, dissection).removesuffix(PART)}{name}.txt"

    def _require(self, table: Table, dissection: str) -> None:
        if not self.has(table, dissection):
            raise UserError(
                f"The table {table.name} of dissection {dissection} has not been made yet: "
                f"materialise the asset {table.name} first, or everything with `dissect run {dissection}`."
            )
        footer = self.storage.footer(self.name(table, dissection))
        require_todays(table, dissection, footer, self.location(table, dissection))
