"""Sounds with several labels each: a folder, and a CSV of file names and labels, as FSD50K has them."""

from dagster_and.dissection import CsvLayout
from dagster_and.probing_sets.listing import Listing
from dagster_and.probing_sets.metadata import Files, filled, read_rows, whole_number


def list_files(section: CsvLayout) -> Listing:
    """Every file that the CSV names, and what of it (or beside it) can't be used. A row without a label is rejected.

    Raises:
        UserError: the folder or the CSV is missing, or the CSV is wrong.
    """
    root = section.root()
    table, audio = root / section.table, root / section.audio
    files = Files(table, audio)
    needed = [section.filename_column, section.labels_column, *([section.fold_column] if section.fold_column else [])]
    columns = "name its columns by probing.filename_column, labels_column and fold_column"
    for line, row in read_rows(table, needed, columns, "write probing.table relative to probing.path"):
        filled(table, line, row, [section.filename_column])
        parts = [part.strip() for part in (row[section.labels_column] or "").split(section.separator)]
        labels = list(dict.fromkeys(part for part in parts if part))
        column = section.fold_column
        fold = None if column is None else whole_number(table, line, column, row[column])
        files.add(line, row[section.filename_column].strip() + section.suffix, labels, fold)
    return files.listing([audio])
