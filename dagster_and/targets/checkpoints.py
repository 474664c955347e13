"""What tells checkpoints apart: a key where the house makes them, the content of their files where they are given. And
what wrapped a network when it was saved.
"""

import hashlib
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import polars as pl

from dagster_and.dissection import Dissection
from dagster_and.foundation.files import replacing
from dagster_and.foundation.keys import digest

WRAPPERS = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile have put before the names of a network's weights."""
COMPILED_PART = "._orig_mod."
"""What torch.compile has put into the names of a part that was compiled by itself."""
LIGHTNING = "model."
"""What Lightning puts before the names of the one network that it trains; it is a part of some networks' own names."""


def as_unwrapped(names: Iterable[str]) -> dict[str, str]:
    """What to take off the names of weights, as regular expressions and what stands in their place.

    Args:
        names: of all weights, as the checkpoint has them; what Lightning puts before them is taken off where it stands
            before each.
    """
    wrappers = "|".join(map(re.escape, WRAPPERS))
    within = re.compile(f"(?:{wrappers})*{re.escape(LIGHTNING)}")
    names = list(names)
    if names and all(map(within.match, names)):
        wrappers += f"|{re.escape(LIGHTNING)}"
    return {f"^(?:{wrappers})+": "", re.escape(COMPILED_PART): "."}


def key_of_made(version: int, dissection: Dissection, clips: pl.DataFrame) -> str:
    """Key of all that a network is made from here: 12 hex digits.

    Args:
        version: of the code that makes it.
        dissection: its section ``target``, whole, its window and its precision.
        clips: rows of ``probing_clips``; their sounds, labels, folds and order count.
    """
    made_from = clips.select("sha256", "label", "fold").rows()
    return digest(version, dissection.target.model_dump(), dissection.window_s, made_from, *dissection.compute.in_keys)[
        :12
    ]


def content_of(place: Path, labels: Path | None = None) -> str:
    """Digest of a checkpoint's file, or of the files of its folder that a network is read from.

    Args:
        place: the file or folder; what is not there, as a hub id, has no files.
        labels: file of the class labels, if there is one.
    """
    return digest([(p.name, _sha256(p)) for p in files_of(place, labels)])


def files_of(place: Path, labels: Path | None = None) -> list[Path]:
    """A checkpoint's file, or the files of its folder that a network is read from, and that of the labels.

    Args:
        place: the file or folder; what is not there, as a hub id, has no files.
        labels: file of the class labels, if there is one.
    """
    files = [place] if place.is_file() else sorted(place.glob("*")) if place.is_dir() else []
    kept = [p for p in files if p.is_file() and (len(files) <= 2 or p.suffix in (".json", ".safetensors"))]
    if labels and labels.is_file():
        kept.append(labels)
    return kept


def note(place: Path) -> None:
    """Note what a network that was made here holds, unless that was noted before."""
    beside = _note(place)
    if not beside.exists():
        with suppress(OSError), replacing(beside) as temporary:  # without one, it is believed to be whole
            temporary.write_text(content_of(place), encoding="utf-8")


def has_changed(place: Path) -> bool:
    """Whether a network is there that was noted, and that holds something else now."""
    try:
        return place.exists() and _note(place).read_text(encoding="utf-8") != content_of(place)
    except (FileNotFoundError, UnicodeDecodeError):  # none, or no note: nothing is known
        return False


def set_aside(place: Path) -> None:
    """Call a network ``<name>.changed``, in place of an earlier one, and forget what was noted of it."""
    aside = place.with_name(f"{place.name}.changed")
    if aside.is_dir():
        shutil.rmtree(aside)
    place.replace(aside)
    _note(place).unlink(missing_ok=True)


def _note(place: Path) -> Path:
    return place.with_name(f".{place.name}.content")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
