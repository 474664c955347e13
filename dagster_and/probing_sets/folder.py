"""A plain folder: one folder a class, or ``fold1/``, ``fold2/``, ... that each hold one folder a class."""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from dagster_and.audio.reading import SUFFIXES
from dagster_and.dissection.probing import FOLD_FOLDER
from dagster_and.foundation.errors import UserError
from dagster_and.probing_sets.listing import Listing, SourceFile, Unusable, printable


def list_files(root: Path, folds: int | None = None) -> Listing:
    """Every sound file (wav, flac, ogg, mp3) below a class folder; other files and hidden ones are left alone.

    Args:
        root: the set's folder.
        folds: so many are made, where none of the classes lies in one.

    Raises:
        UserError: there is no class folder with a sound in it, or folds are to be made and there are some.
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
        fold = FOLD_FOLDER.fullmatch(folders[0]) if folders else None
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
    if folds is not None:
        if own := sorted({file.fold for file in files if file.fold is not None}):
            raise UserError(
                f"probing.folds is {folds}, but {root} has folds of its own (fold{own[0]}): leave probing.folds out."
            )
        files = in_folds(files, folds)
    return Listing(tuple(files), tuple(rejected))


def in_folds(files: Sequence[SourceFile], folds: int) -> list[SourceFile]:
    """Each class cut into as many parts as there are folds, in the order of the files.

    Parts of one recording often have neighbouring names, so this tears fewer of them apart than a random draw would.
    """
    of_class = Counter(file.label for file in files)
    place: dict[str, count[int]] = defaultdict(count)
    return [replace(file, fold=1 + next(place[file.label]) * folds // of_class[file.label]) for file in files]


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
