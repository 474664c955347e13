"""ESC-50's published layout: ``audio/`` and ``meta/esc50.csv`` (filename, fold, target, category, ...)."""

from pathlib import Path

from dagster_and.probing_sets.listing import Listing
from dagster_and.probing_sets.metadata import Files, filled, read_rows, whole_number


def list_files(root: Path) -> Listing:
    """Every file that the CSV names, and what of it (or beside it) can't be used.

    Raises:
        UserError: the CSV is missing or wrong.
    """
    table, files = root / "meta" / "esc50.csv", Files(root / "meta" / "esc50.csv", root / "audio")
    rows = read_rows(
        table,
        ("filename", "fold", "category"),
        "ESC-50's columns are filename, fold, category",
        "probing.path must be the folder that holds audio/ and meta/esc50.csv; for one folder a class write "
        "`layout: folder`",
    )
    for line, row in rows:
        filled(table, line, row, ("filename", "category"))
        files.add(line, row["filename"], [row["category"]], whole_number(table, line, "fold", row["fold"]))
    return files.listing([root / "audio"])
