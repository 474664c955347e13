"""ESC-50's published layout: ``audio/`` and ``meta/esc50.csv`` (filename, fold, target, category, ...)."""

import csv
import os
from pathlib import Path

from dagster_and.errors import UserError
from dagster_and.probing.audio import SUFFIXES
from dagster_and.probing.listing import Listing, SourceFile, Unusable, lies_within, printable

NEEDED = ("filename", "fold", "category")
MOST_FOLDS = 1_000_000


def list_files(root: Path) -> Listing:
    """Every file that the CSV names, and what of it (or beside it) can't be used.

    Raises:
        UserError: the CSV is missing or wrong.
    """
    table, audio = root / "meta" / "esc50.csv", root / "audio"
    files: list[SourceFile] = []
    rejected: list[Unusable] = []
    named: set[str] = set()
    for line, row in _rows(table):
        name, fold = row["filename"], _fold(table, line, row["fold"])
        if name in named:
            raise UserError(f"{table}, line {line}: {name} stands there twice; leave one of the two rows out.")
        named.add(name)
        if not lies_within(audio / name, audio):
            rejected.append(Unusable(name, "outside", "The CSV names a file outside the audio folder."))
        elif not os.path.lexists(audio / name):
            rejected.append(Unusable(name, "missing", "The CSV names it, but it is not in the audio folder."))
        else:
            files.append(SourceFile(name, audio / name, row["category"], fold))
    files.sort(key=lambda file: file.filename)
    return Listing(tuple(files), (*rejected, *_unlabelled(audio, named)))


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or [])]
            if missing:
                raise UserError(
                    f"{table} lacks the column {missing[0]}; ESC-50's columns are filename, fold, category."
                )
            rows = [(number, row) for number, row in enumerate(reader, start=2)]
    except OSError:
        raise UserError(
            f"There is no {table}: probing.path must be the folder that holds audio/ and meta/esc50.csv; for one "
            "folder a class write `layout: folder`."
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} can't be read as a CSV ({error}): save it as UTF-8 with commas.") from None
    for number, row in rows:
        if not (row["filename"] or "").strip() or not (row["category"] or "").strip():
            raise UserError(f"{table}, line {number}: filename and category must not be empty.")
        if "\0" in row["filename"]:
            raise UserError(f"{table}, line {number}: a file name can't hold a zero byte; save the table as UTF-8.")
    return rows


def _fold(table: Path, line: int, text: str) -> int:
    try:
        fold = int(text)
    except (TypeError, ValueError):
        fold = -1
    if not 0 <= fold < MOST_FOLDS:
        raise UserError(f"{table}, line {line}: fold is {text!r}; write a whole number such as 1.")
    return fold


def _unlabelled(audio: Path, named: set[str]) -> list[Unusable]:
    present = sorted(p.name for p in audio.iterdir() if p.suffix.lower() in SUFFIXES) if audio.is_dir() else []
    return [Unusable(printable(n), "unlabelled", "The CSV does not name it.") for n in present if n not in named]
