"""Whether a file of the lake can still be read: it may have been cut off, or written over, by anybody.

A file is read through once, and taken for what it is as long as its facts (size and time, or ETag) are as noted then.
"""

from pathlib import Path

import pyarrow.parquet as pq

from dagster_and.lake.storage import Storage

NOTES = ".sound"
"""Folder of the lake that holds a note for each file that is sound."""


class Soundness:
    """The notes of one lake. Written without its lock, which whoever asks for a stamp may hold."""

    def __init__(self, storage: Storage):
        self._storage = storage

    def holds(self, name: str) -> bool:
        """Whether a file is as it was when it was written or last read through; if not, it is read through."""
        facts = self._storage.facts(name)
        if facts is None:
            return False
        if self._storage.text(_note(name)) == facts:
            return True
        if not _can_be_read(self._storage.fetch(name)):
            return False
        self._storage.jot(_note(name), facts)
        return True

    def note(self, name: str) -> None:
        """Note that a file is sound; where nothing can be noted, it is read through again next time."""
        facts = self._storage.facts(name)
        if facts is not None:
            self._storage.jot(_note(name), facts)


def _note(name: str) -> str:
    """Of ``concepts/dissection=a/part-0.parquet`` it is ``.sound/concepts/dissection=a``."""
    return f"{NOTES}/{name.rpartition('/')[0]}"


def _can_be_read(path: Path) -> bool:
    """Whether every page of a file can be decoded and is as it was written, by its checksum where it has one."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group)
    except Exception:  # broken bytes are decoded to whatever error comes first
        return False
    return True
