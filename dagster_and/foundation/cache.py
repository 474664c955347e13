"""What lies in ``AND_HOME/cache``: how much of each kind, and how it is kept small.

Whatever lies there is named after what it was made from and can be made again; answers of language models can't, and
lie elsewhere. Files are removed whole, those first that were used longest ago, as the file system notes it.
"""

import math
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.progress import progress

LIMIT = "AND_CACHE_GB"
GB = 10**9
KINDS = {
    "shards": "activations by clip",
    "features": "what networks hear of clips",
    "embeddings": "vectors of texts",
    "datasets": "Hugging Face datasets as they were read",
    "objects": "tables fetched from a bucket",
    "sounds": "sounds fetched from a bucket",
    "soundbank": "synthesised sounds",
    "foreseen": "what was foreseen of checkpoints",
}
"""Folders of the cache that grow, and what is in them."""
STAYS = ("soundbank",)
"""What no limit removes: tables name these files, and the explorer plays them."""


@dataclass(frozen=True)
class Cached:
    """One file: its kind, size, and when it was last used, in seconds since the epoch."""

    path: Path
    kind: str
    size: int
    used: float


def cached(cache: Path, kinds: Iterable[str] = KINDS) -> Iterator[Cached]:
    """Every file of these kinds, in no order; what goes meanwhile is left out."""
    for kind in kinds:
        for folder, _, names in os.walk(cache / kind):
            for name in names:
                path = Path(folder, name)
                with suppress(OSError):
                    facts = path.stat()
                    yield Cached(path, kind, facts.st_size, max(facts.st_atime, facts.st_mtime))


def limit_bytes() -> int | None:
    """As ``AND_CACHE_GB`` says; None where it says nothing.

    Raises:
        UserError: it is no number of gigabytes.
    """
    said = os.environ.get(LIMIT, "").strip()
    if not said:
        return None
    try:
        gigabytes = float(said)
    except ValueError:
        gigabytes = math.nan
    if not (math.isfinite(gigabytes) and gigabytes >= 0):
        raise UserError(f"{LIMIT} is {said[:40]!r}: write gigabytes as a number, such as 50, or leave it out.")
    return int(gigabytes * GB)


def clear(cache: Path, kinds: Iterable[str] = KINDS, before: float = math.inf) -> list[Cached]:
    """Remove all files of these kinds but those that were used since; returns what was removed.

    Args:
        cache: the folder.
        kinds: some of :data:`KINDS`.
        before: seconds since the epoch: when the first of the runs began that are under way.
    """
    kinds = list(kinds)
    return _remove(cache, [file for file in cached(cache, kinds) if file.used < before], kinds)


def keep_to(cache: Path, limit: int, before: float = math.inf) -> list[Cached]:
    """Remove what was used longest ago, until all together takes at most ``limit`` bytes; see :func:`clear`."""
    kinds = [kind for kind in KINDS if kind not in STAYS]
    files = sorted(cached(cache, kinds), key=lambda file: file.used)
    excess, going = sum(file.size for file in files) - limit, []
    for file in files:
        if excess <= 0 or file.used >= before:
            break
        excess -= file.size
        going.append(file)
    return _remove(cache, going, kinds)


def _remove(cache: Path, files: list[Cached], kinds: Iterable[str]) -> list[Cached]:
    removed = []
    for file in progress(files, "clearing the cache", "files", len(files)):
        with suppress(FileNotFoundError):  # another process was sooner
            file.path.unlink()
            removed.append(file)
    for kind in kinds:
        for folder, _, _ in os.walk(cache / kind, topdown=False):
            with suppress(OSError):  # there is something in it
                Path(folder).rmdir()
    return removed
