"""What a place for files can do, and what it promises."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeVar

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

One = TypeVar("One")
Other = TypeVar("Other")


class Storage(Protocol):
    """Files by name (``concepts/dissection=a/part-0.parquet``), each there whole or not at all, and picklable.

    A name is of one version at a time. A reader gets one whole; a writer that fails or is killed leaves the last.
    """

    @property
    def place(self) -> str:
        """Where it is, in words: a folder's path, or a URL."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether other machines see the same files, and a file has to be fetched before it can be read."""
        ...

    def facts(self, name: str) -> str | None:
        """What changes whenever the file does; None where there is none."""
        ...

    def fetch(self, name: str) -> Path:
        """A local file with the content that there is now; a path where nothing lies, if there is none."""
        ...

    def footer(self, name: str) -> Path:
        """A local file with, at least, the footer of the Parquet file that there is now; as :meth:`fetch` otherwise."""
        ...

    def look_into(self, name: str, facts: str, look: Callable[[Path | BinaryIO], Other]) -> Other:
        """What ``look`` sees in the version with these facts; it may be given a file that is fetched in ranges, and be
        called again where the server does not answer.

        Raises:
            FileNotFoundError: there is another version now, or none.
        """
        ...

    def writing(self, name: str) -> AbstractContextManager[Path]:
        """A local path to write to; once the block ends well, what lies there is the file's next version."""
        ...

    def text(self, name: str) -> str | None:
        """A small text; None where there is none that can be read."""
        ...

    def jot(self, name: str, text: str) -> None:
        """Keep a small text, in place of the last one; also while the place is held still."""
        ...

    def names(self, folder: str) -> list[str]:
        """Names of all files within a folder, at any depth, in no order."""
        ...

    def set_aside(self, name: str, facts: str | None, under: str) -> None:
        """Call a file otherwise, if it is still of these facts."""
        ...

    def held_still(self) -> AbstractContextManager[None]:
        """No file gets another version meanwhile, where the place can see to that."""
        ...

    def each(self, work: Callable[[One], Other], on: Iterable[One]) -> list[Other]:
        """The work on each, in order; at once where that mostly waits for a server."""
        ...

    def let_read(self, connection: "DuckDBPyConnection") -> None:
        """Have a DuckDB connection read the files by ``place`` and name."""
        ...
