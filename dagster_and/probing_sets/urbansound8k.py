"""UrbanSound8K's published layout: ``audio/fold1`` to ``fold10`` and ``metadata/UrbanSound8K.csv``.

Slices of one recording share a fold; keep the published folds, since others let the target hear its test recordings.
"""

from pathlib import Path

from dagster_and.probing_sets.listing import Listing
from dagster_and.probing_sets.metadata import Files, filled, read_rows, whole_number


def list_files(root: Path) -> Listing:
    """Every slice that the CSV names, and what of it (or beside it) can't be used.

    Raises:
        UserError: the CSV is missing or wrong.
    """
    table, audio = root / "metadata" / "UrbanSound8K.csv", root / "audio"
    files = Files(table, audio)
    rows = read_rows(
        table,
        ("slice_file_name", "fold", "class"),
        "UrbanSound8K's columns are slice_file_name, fold and class",
        "probing.path must be the folder that holds audio/ and metadata/UrbanSound8K.csv",
    )
    for line, row in rows:
        filled(table, line, row, ("slice_file_name", "class"))
        fold = whole_number(table, line, "fold", row["fold"])
        files.add(line, f"fold{fold}/{row['slice_file_name']}", [row["class"]], fold)
    return files.listing([folder for folder in audio.glob("fold*") if folder.is_dir()])
