"""GTZAN's published layout: ``genres_original/<genre>/<genre>.00000.wav`` (in older copies ``genres/``).

The set has no folds. Five are made of twenty numbers each (00000-00019, 00020-00039, ...): excerpts of one artist often
follow each other, so that fewer of them are torn apart than by chance. It is no artist filter; docs/probing.md.
"""

import re
from pathlib import Path

from dagster_and.audio.reading import SUFFIXES
from dagster_and.foundation.errors import UserError
from dagster_and.probing_sets.listing import Listing, SourceFile, Unusable, printable

FOLDS, NUMBERS_OF_A_FOLD = 5, 20
_NAME = re.compile(r"(.+)\.(\d{1,6})")


def list_files(root: Path) -> Listing:
    """Every excerpt whose name tells its genre and number, and the sound files that can't be used.

    Raises:
        UserError: the folder of genres is missing, or holds no excerpt.
    """
    audio = next((root / name for name in ("genres_original", "genres") if (root / name).is_dir()), None)
    if audio is None:
        raise UserError(f"There is no {root / 'genres_original'}: probing.path must be the folder that holds it.")
    files: list[SourceFile] = []
    rejected: list[Unusable] = []
    for path in sorted(p for p in audio.glob("*/*") if p.suffix.lower() in SUFFIXES):
        name = path.relative_to(audio).as_posix()
        match = _NAME.fullmatch(path.stem)
        if printable(name) != name:
            rejected.append(Unusable(printable(name), "unlabelled", "Its name is not UTF-8: rename it."))
        elif match is None or match[1] != path.parent.name:
            rejected.append(Unusable(name, "unlabelled", "Its name is not <genre>.<number>, with its folder's genre."))
        else:
            files.append(SourceFile(name, path, match[1], fold_of(int(match[2]))))
    if not files:
        raise UserError(
            f"{audio} holds no file such as blues/blues.00000.wav: is it GTZAN? Else write `layout: folder`."
        )
    return Listing(tuple(files), tuple(rejected))


def fold_of(number: int) -> int:
    """Fold 1..5 of an excerpt's number."""
    return 1 + number // NUMBERS_OF_A_FOLD % FOLDS
