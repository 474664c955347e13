"""The CSV that names a set's files: read and judged alike for every layout that has one."""

import csv
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from dagster_and.audio.reading import SUFFIXES
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import require_plain
from dagster_and.probing_sets.listing import Listing, SourceFile, Unusable, climbs, printable

Row = tuple[int, dict[str, str]]
MOST_FOLDS = 1_000_000


def read_rows(table: Path, needed: Sequence[str], columns: str, layout: str) -> list[Row]:
    """Line numbers and rows.

    Args:
        table: the CSV.
        needed: columns that must be there.
        columns: how the refusal names the layout's columns.
        layout: how the refusal describes the folder.

    Raises:
        UserError: it is missing, no CSV, or lacks a column.
    """
    try:
        require_plain(table)
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise UserError(f"{table} lacks the column {missing[0]}; {columns}.")
            return [(number, row) for number, row in enumerate(reader, start=2)]
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no {table}: {layout}.") from None
    except OSError as error:
        raise UserError(f"{table} can't be read ({error.strerror}): {layout}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} can't be read as a CSV ({error}): save it as UTF-8 with commas.") from None


def filled(table: Path, line: int, row: dict[str, str], columns: Iterable[str]) -> None:
    """Refuse a row with an empty cell.

    Raises:
        UserError: there is one.
    """
    empty = [name for name in columns if not (row[name] or "").strip()]
    if empty:
        raise UserError(f"{table}, line {line}: {empty[0]} must not be empty.")


def whole_number(table: Path, line: int, column: str, text: str | None) -> int:
    """A fold.

    Raises:
        UserError: it is none.
    """
    try:
        number = int(text or "")
    except ValueError:
        number = -1
    if not 0 <= number < MOST_FOLDS:
        raise UserError(f"{table}, line {line}: {column} is {text!r}; write a whole number such as 1.")
    return number


class Files:
    """Gathers the files that a CSV names; each name may stand there once."""

    def __init__(self, table: Path, audio: Path):
        self._table = table
        self._audio = audio
        self._files: dict[str, SourceFile] = {}
        self._named: set[str] = set()
        self._rejected: list[Unusable] = []

    def add(self, line: int, name: str, labels: Sequence[str], fold: int | None) -> None:
        """One row: a file, or one that can't be used.

        Raises:
            UserError: the name stands there twice, or is none.
        """
        if "\0" in name:
            raise UserError(f"{self._table}, line {line}: a file name can't hold a zero byte; save the table as UTF-8.")
        if name in self._named:
            raise UserError(f"{self._table}, line {line}: {name} stands there twice; leave one of the two rows out.")
        self._named.add(name)
        path = self._audio / name
        if not labels:
            self._rejected.append(Unusable(name, "unlabelled", "The CSV gives it no label."))
        elif climbs(name):
            self._rejected.append(Unusable(name, "outside", "The CSV names a file outside the audio folder."))
        elif not os.path.lexists(path):
            self._rejected.append(Unusable(name, "missing", "The CSV names it, but it is not in the audio folder."))
        else:
            self._files[name] = SourceFile(name, path, labels[0], fold, more_labels=tuple(labels[1:]))

    def listing(self, folders: Collection[Path]) -> Listing:
        """What was gathered, and the sound files in ``folders`` that the CSV does not name."""
        found = [p for f in sorted(folders) if f.is_dir() for p in sorted(f.iterdir()) if p.suffix.lower() in SUFFIXES]
        names = [path.relative_to(self._audio).as_posix() for path in found]
        rejected = [
            Unusable(printable(n), "unlabelled", "The CSV does not name it.") for n in names if n not in self._named
        ]
        files = sorted(self._files.values(), key=lambda file: file.filename)
        return Listing(tuple(files), (*self._rejected, *rejected))
