"""ESC-50's published layout: ``audio/`` and ``meta/esc50.csv`` (filename, fold, target, category, ...)."""

import csv
from pathlib import Path

from dagster_and.errors import UserError
from dagster_and.probing.audio import SUFFIXES
from dagster_and.probing.listing import Listing, SourceFile, Unusable

NEEDED = ("filename", "fold", "category")


def list_files(root: Path) -> Listing:
    """Every file that the CSV names, and what of it (or beside it) can't be used.

    Raises:
        UserError: the CSV is missing or wrong.
    """
    table, audio = root / "meta" / "esc50.csv", root / "audio"
    files: dict[str, SourceFile] = {}
    rejected: list[Unusable] = []
    for line, row in _rows(table):
        name = row["filename"]
        if name in files:
            raise UserError(f"{table}, line {line}: {name} stands there twice; leave one of the two rows out.")
        if not (audio / name).resolve().is_relative_to(audio.resolve()):
            rejected.append(Unusable(name, "outside", "The CSV names a file outside the audio folder."))
        elif not (audio / name).exists():
            rejected.append(Unusable(name, "missing", "The CSV names it, but it is not in the audio folder."))
        else:
            files[name] = SourceFile(name, audio / name, row["category"], _fold(table, line, row["fold"]))
    return Listing(tuple(sorted(files.values(), key=lambda f: f.filename)), (*rejected, *_unlabelled(audio, files)))


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
        if not row["filename"] or not row["category"]:
            raise UserError(f"{table}, line {number}: filename and category must not be empty.")
    return rows


def _fold(table: Path, line: int, text: str) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        raise UserError(f"{table}, line {line}: fold is {text!r}; write a whole number such as 1.") from None


def _unlabelled(audio: Path, files: dict[str, SourceFile]) -> list[Unusable]:
    present = sorted(p.name for p in audio.iterdir() if p.suffix.lower() in SUFFIXES) if audio.is_dir() else []
    return [Unusable(n, "unlabelled", "The CSV does not name it.") for n in present if n not in files]
