"""A plain folder: one folder a class, or ``fold1/``, ``fold2/``, ... that each hold one folder a class."""

import os
import re
from pathlib import Path

from dagster_and.audio.reading import SUFFIXES
from dagster_and.foundation.errors import UserError
from dagster_and.probing_sets.listing import Listing, SourceFile, Unusable, printable

_FOLD = re.compile(r"fold[_ -]?(\d{1,6})", re.IGNORECASE)


def list_files(root: Path) -> Listing:
    """Every sound file (wav, flac, ogg, mp3) below a class folder; other files and hidden ones are left alone.

    Raises:
        UserError: there is no class folder with a sound in it.
    """
    files: list[SourceFile] = []
    rejected: list[Unusable] = []
    paths, loops = _sounds(root)
    for loop in loops:
        name = printable(loop.relative_to(root).as_posix())
        rejected.append(
            Unusable(name, "not_audio", "It is a link to a folder that it lies in: to follow it has no end.")
        )
    for path in paths:
        name = path.relative_to(root).as_posix()
        *folders, _ = path.relative_to(root).parts
        fold = _FOLD.fullmatch(folders[0]) if folders else None
        classes = folders[1:] if fold else folders
        if printable(name) != name:
            rejected.append(Unusable(printable(name), "unlabelled", "Its name is not UTF-8: rename it."))
        elif not classes:
            rejected.append(Unusable(name, "unlabelled", "It lies in no class folder."))
        else:
            files.append(SourceFile(name, path, classes[0], int(fold[1]) if fold else None))
    if not files:
        raise UserError(
            f"{root} holds no class folder with a wav, flac, ogg or mp3 file: put each class into a folder."
        )
    return Listing(tuple(files), tuple(rejected))


def _sounds(root: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Files, and links that loop, each sorted. Other links to folders are followed: many keep their sets that way."""

    def by_name(path: Path) -> str:
        return path.relative_to(root).as_posix()

    found: list[Path] = []
    loops: list[Path] = []
    inside = {root: [Path(os.path.realpath(root))]}  # by folder, where it and those above it really lie
    for folder, subfolders, names in os.walk(root, followlinks=True):
        above = inside.pop(Path(folder))
        for path in [Path(folder) / s for s in subfolders if not s.startswith(".")]:
            end = Path(os.path.realpath(path))
            if any(place.is_relative_to(end) for place in above):
                loops.append(path)
            else:
                inside[path] = [*above, end]
        subfolders[:] = [s for s in subfolders if Path(folder) / s in inside]
        found += [Path(folder) / n for n in names if Path(n).suffix.lower() in SUFFIXES and not n.startswith(".")]
    return tuple(sorted(found, key=by_name)), tuple(sorted(loops, key=by_name))
