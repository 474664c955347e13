"""Whether a file of the lake can still be read: it may have been cut off, or written over, by anybody.

A file is read through once, and taken for what it is as long as its size and time are as noted then.
"""

from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq

from dagster_and.foundation.files import replacing

NOTES = ".sound"
"""Folder of the lake that holds a note for each file that is sound."""


class Soundness:
    """The notes of one lake. Written without its lock, which whoever asks for a stamp may hold."""

    def __init__(self, lake: Path):
        self._lake = lake

    def holds(self, path: Path) -> bool:
        """Whether a file is as it was when it was written or last read through; if not, it is read through."""
        try:
            if self._place(path).read_text(encoding="utf-8") == _facts(path):
                return True
        except (OSError, UnicodeDecodeError):
            pass
        if not _can_be_read(path):
            return False
        self.note(path)
        return True

    def note(self, path: Path) -> None:
        """Note that a file is sound; where nothing can be noted, it is read through again next time."""
        with suppress(OSError), replacing(self._place(path)) as temporary:
            temporary.write_text(_facts(path), encoding="utf-8")

    def _place(self, path: Path) -> Path:
        return self._lake / NOTES / path.parent.relative_to(self._lake)


def _facts(path: Path) -> str:
    facts = path.stat()
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _can_be_read(path: Path) -> bool:
    """Whether every page of a file can be decoded and is as it was written, by its checksum where it has one."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group)
    except Exception:  # broken bytes are decoded to whatever error comes first
        return False
    return True
