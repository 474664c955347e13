"""A folder of this machine, or one that several machines mount: files are renamed into place, and locks are files."""

import fcntl
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from filelock import FileLock

from dagster_and.foundation.files import replacing
from dagster_and.lake.storage.storage import One, Other

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TEMPORARY = ".tmp"
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Folder:
    """A :class:`Storage`: a file is written to a temporary name beside, and renamed."""

    root: Path

    @property
    def is_remote(self) -> bool:
        """Never."""
        return False

    @property
    def place(self) -> str:
        """Its path."""
        return str(self.root)

    def facts(self, name: str) -> str | None:
        """Size, and time of change in nanoseconds; of what lies there and can't be looked at, that."""
        path = f"{self.root}/{name}"
        try:
            status = os.stat(path)  # noqa: PTH116 - of many files, many times
        except OSError:
            return UNREADABLE if os.path.lexists(path) else None
        return f"{status.st_size} {status.st_mtime_ns}"

    def fetch(self, name: str) -> Path:
        """The file itself."""
        return self.root / name

    def footer(self, name: str) -> Path:
        """The file itself."""
        return self.root / name

    def look_into(self, name: str, facts: str, look: Callable[[Path | BinaryIO], Other]) -> Other:
        """At the file, which has these facts before and after."""
        if self.facts(name) != facts:
            raise FileNotFoundError(name)
        seen = look(self.root / name)
        if self.facts(name) != facts:
            raise FileNotFoundError(name)
        return seen

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A path beside; who writes alone in a folder sweeps what the killed left there."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY}")
        with _writing_in(path.parent):
            try:
                yield temporary
                with self.held_still():
                    temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def text(self, name: str) -> str | None:
        """The file's text."""
        try:
            return (self.root / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def jot(self, name: str, text: str) -> None:
        """Written without the lock, which whoever jots may hold; where nothing can be written, nothing is."""
        with suppress(OSError), replacing(self.root / name) as temporary:
            temporary.write_text(text, encoding="utf-8")

    def names(self, folder: str) -> list[str]:
        """As they lie there."""
        found = os.walk(self.root / folder, followlinks=True)
        return [Path(place, file).relative_to(self.root).as_posix() for place, _, files in found for file in files]

    def set_aside(self, name: str, facts: str | None, under: str) -> None:
        """Renamed; called while the folder is held still."""
        if self.facts(name) == facts:
            (self.root / name).replace(self.root / under)

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """By a lock on the whole folder."""
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / ".lock"):
            yield

    def each(self, work: Callable[[One], Other], on: Iterable[One]) -> list[Other]:
        """One after the other: a disk doesn't make one wait."""
        return [work(one) for one in on]

    def let_read(self, connection: "DuckDBPyConnection") -> None:
        """DuckDB reads files anyway."""


@contextmanager
def _writing_in(folder: Path) -> Iterator[None]:
    """All who write in a folder share a lock, which ends with its process; who is alone sweeps what the killed left."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        if _locked(handle, fcntl.LOCK_EX | fcntl.LOCK_NB):
            for leftover in folder.glob(f".*{TEMPORARY}"):
                leftover.unlink()
        _locked(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _locked(handle: int, how: int) -> bool:
    """Whether the lock was got: others may have it, and some file systems know none."""
    try:
        fcntl.flock(handle, how)
    except OSError:
        return False
    return True
