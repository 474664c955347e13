"""A plain folder: one folder a class, or ``fold1/``, ``fold2/``, ... that each hold one folder a class."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from dagster_and.audio.reading import SUFFIXES
from dagster_and.foundation.errors import UserError
from dagster_and.probing_sets.listing import Listing, SourceFile, Unusable, lies_within, printable

_FOLD = re.compile(r"fold[_ -]?(\d{1,6})", re.IGNORECASE)


def list_files(root: Path) -> Listing:
    """Every sound file (wav, flac, ogg, mp3) below a class folder; other files and hidden ones are left alone.

    Raises:
        UserError: there is no class folder with a sound in it.
    """
    files: list[SourceFile] = []
    rejected: list[Unusable] = []
    for path in _sounds(root):
        name = path.relative_to(root).as_posix()
        *folders, _ = path.relative_to(root).parts
        fold = _FOLD.fullmatch(folders[0]) if folders else None
        classes = folders[1:] if fold else folders
        if printable(name) != name:
            rejected.append(Unusable(printable(name), "unlabelled", "Its name is not UTF-8: rename it."))
        elif not lies_within(path, root):
            rejected.append(Unusable(name, "outside", "It is a link to somewhere outside the folder."))
        elif not classes:
            rejected.append(Unusable(name, "unlabelled", "It lies in no class folder."))
        else:
            files.append(SourceFile(name, path, classes[0], int(fold[1]) if fold else None))
    if not files:
        raise UserError(
            f"{root} holds no class folder with a wav, flac, ogg or mp3 file: put each class into a folder."
        )
    return Listing(tuple(files), tuple(rejected))


def _sounds(root: Path) -> Iterator[Path]:
    """Sorted, links to folders not followed, so that a loop can't trap the walk."""
    found: list[Path] = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [s for s in subfolders if not s.startswith(".")]
        found += [Path(folder) / n for n in names if Path(n).suffix.lower() in SUFFIXES and not n.startswith(".")]
    yield from sorted(found, key=lambda p: p.relative_to(root).as_posix())
