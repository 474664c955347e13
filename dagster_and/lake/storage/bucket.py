"""A bucket, or whatever else fsspec knows by a URL: an object is replaced by one upload, and there are no locks.

An object is fetched whole, once a version, into the home; a version goes by its ETag, or by size and time where the
server has none. A server that doesn't answer is asked again, ever more rarely, for a minute.
"""

import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.foundation.keys import digest
from dagster_and.lake.storage import versions
from dagster_and.lake.storage.server import PATIENCE_S, S3, Server
from dagster_and.lake.storage.storage import One, Other
from dagster_and.lake.storage.versions import etag_of, facts_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TRIES = 8
"""How often an object is fetched that is replaced each time meanwhile."""
AT_ONCE = 16
PARTS_AT_ONCE = 4
LONGEST_WRITE_S = 24 * 3600
"""How long after it was last written to a file may still be on its way."""
LONGEST_READ_S = 3600
"""How long after it was fetched a former version may still be read by somebody."""
NOT_THERE = "not-there"
OBJECTS = Path("cache", "objects")
"""In the home: what was fetched."""
TEMPORARY = ".tmp"


@dataclass(frozen=True)
class Bucket:
    """A :class:`Storage`.

    Args:
        url: ``s3://bucket/prefix``.
        cache: folder of what was fetched, in the home; it may be deleted at any time.
        patience_s: how long a server that doesn't answer is asked again.
    """

    url: str
    cache: Path
    patience_s: float = PATIENCE_S

    @property
    def place(self) -> str:
        """Its URL."""
        return self.url

    @property
    def is_remote(self) -> bool:
        """Always."""
        return True

    @classmethod
    def of(cls, url: str, home: Path) -> "Bucket":
        """A bucket, what is fetched of which is kept in that home."""
        return cls(url, home / OBJECTS)

    def check(self) -> None:
        """Put a small object, read it back, and remove it.

        Raises:
            UserError: one of these fails; in one sentence what the server said, and what it was asked by.
        """
        hasty, name = replace(self, patience_s=0), f".reached/{uuid.uuid4().hex}"
        hasty._server.asked(lambda files, path: files.pipe_file(path, name.encode()), name, is_there=False)
        back = hasty._server.asked(lambda files, path: files.cat_file(path), name, is_there=False)
        hasty.remove(name)
        if back != name.encode():
            raise UserError(f"The lake {self.url} gave back something else than was put there: is it yours alone?")

    def facts(self, name: str) -> str | None:
        """Size and ETag."""
        try:
            return facts_of(self._server.asked(lambda files, path: files.info(path), name))
        except FileNotFoundError:
            return None

    def fetch(self, name: str) -> Path:
        """From the cache where it has this version; what is replaced while it is fetched is fetched again.

        Raises:
            UserError: the server doesn't answer, or won't give it; or it was replaced again and again.
        """
        return self.fetch_version(name)[0]

    def fetch_version(self, name: str) -> tuple[Path, str | None]:
        """As :meth:`fetch`, and the facts of what was fetched."""
        for turn in range(TRIES):
            facts = self.facts(name)
            if facts is None:
                return self.cache / NOT_THERE, None
            kept = self._kept(name, facts)
            if not kept.exists():
                with self.scratch() as temporary:
                    facts = self._fetched(name, facts, temporary)
                    if facts is None:
                        time.sleep(random.uniform(0, 0.05 * 2**turn))
                        continue
                    kept = self._keep(temporary, name, facts)
            return kept, facts
        raise UserError(
            f"{self.url}/{name} was replaced {TRIES} times while it was fetched: see who else writes there."
        )

    def footer(self, name: str) -> Path:
        """A whole version from the cache, or else its footer alone, which is kept as well."""
        for _ in range(TRIES):
            facts = self.facts(name)
            if facts is None:
                return self.cache / NOT_THERE
            kept = self._kept(name, facts)
            footer = kept.with_suffix(".footer")
            if kept.exists():
                return kept
            if footer.exists():
                return footer
            try:
                metadata = self.look_into(name, facts, pq.read_metadata)
            except FileNotFoundError:
                continue
            except pa.ArrowException:  # no Parquet file: whoever reads it says so
                break
            with replacing(footer) as temporary:
                metadata.write_metadata_file(str(temporary))
            return footer
        return self.fetch(name)

    def look_into(self, name: str, facts: str, look: Callable[[Path | BinaryIO], Other]) -> Other:
        """At a file of the cache, or at one that asks the server for ranges of that very version; nothing is kept."""
        kept = self._kept(name, facts)
        if kept.exists():
            return look(kept)

        def at_ranges(files: Any, path: str) -> Other:
            with files.open(path, "rb") as file:
                if facts_of(file.details) != facts:
                    raise FileNotFoundError(name)
                return look(file)

        try:
            return self._server.asked(at_ranges, name)
        except (UserError, pa.ArrowException):
            if self.facts(name) != facts:
                raise FileNotFoundError(name) from None
            raise

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A path in the cache, then one upload; it is kept there for whoever reads it next on this machine.

        Raises:
            UserError: the server doesn't answer, or won't take it.
        """
        with self.scratch() as temporary:
            yield temporary
            if facts := self.put(temporary, name):
                self._keep(temporary, name, facts)

    def put(self, file: Path, name: str) -> str | None:
        """Upload a local file: visible whole, or not at all.

        Returns:
            its facts there; None where that isn't sure, since somebody has put another one, or a server that encrypts
            calls it otherwise.

        Raises:
            UserError: the server doesn't answer, or won't take it.
        """
        in_parts = self._in_parts()
        self._server.asked(lambda files, path: files.put_file(str(file), path, **in_parts), name, is_there=False)
        facts = f"{file.stat().st_size} {etag_of(file)}"
        return facts if self.facts(name) == facts else None

    def get(self, name: str, file: Path) -> bool:
        """Fetch an object that never changes to a place of its own; False where there is none.

        Raises:
            UserError: the server doesn't answer, or won't give it.
        """
        try:
            with replacing(file) as temporary:
                self._server.asked(lambda files, path: files.get_file(path, str(temporary), **self._in_parts()), name)
        except FileNotFoundError:
            return False
        return True

    def text(self, name: str) -> str | None:
        """One request."""
        try:
            return self._server.asked(lambda files, path: files.cat_file(path), name).decode("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def jot(self, name: str, text: str) -> None:
        """One request; who may only read the bucket notes nothing."""
        with suppress(UserError):
            self._server.asked(lambda files, path: files.pipe_file(path, text.encode()), name, is_there=False)

    def names(self, folder: str) -> list[str]:
        """As the server lists them. A listing that lags behind names what is gone, or lacks what is new."""
        try:
            found = self._server.asked(lambda files, path: files.find(path), folder)
        except FileNotFoundError:
            return []
        root, start = f"{self._server.path('')}/", f"{self._server.path(folder)}/"
        return [name.removeprefix(root) for name in found if name.startswith(start)]  # some name an emptied folder

    def set_aside(self, name: str, facts: str | None, under: str) -> None:
        """A copy, then the original is removed: between the two looks lie milliseconds."""
        self._server.asked(lambda files, path: files.cp_file(path, self._server.path(under)), name)
        if self.facts(name) == facts:
            self.remove(name)

    def remove(self, name: str) -> None:
        """Remove an object; one that isn't there is gone."""
        with suppress(FileNotFoundError):
            self._server.asked(lambda files, path: files.rm_file(path), name)

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """Nothing can hold it: whoever needs one state looks at the facts before and after."""
        yield

    def each(self, work: Callable[[One], Other], on: Iterable[One]) -> list[Other]:
        """Sixteen at once."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return list(threads.map(work, on))

    def _fetched(self, name: str, before: str, to: Path) -> str | None:
        """Facts of a version that lies whole in ``to``; None where it was replaced meanwhile, and may be mixed.

        A version whose ETag is that of its content proves itself.
        """
        try:
            self._server.asked(lambda files, path: files.get_file(path, str(to), **self._in_parts()), name)
        except FileNotFoundError:
            return None
        after, own = self.facts(name), f"{to.stat().st_size} {etag_of(to)}"
        return own if own in (before, after) else before if before == after else None

    def _keep(self, file: Path, name: str, facts: str) -> Path:
        kept = self._kept(name, facts)
        kept.parent.mkdir(parents=True, exist_ok=True)
        file.replace(kept)
        for path in kept.parent.iterdir():
            if path.stem != kept.stem and _age_s(path) > LONGEST_READ_S:
                path.unlink(missing_ok=True)
        return kept

    def _kept(self, name: str, facts: str) -> Path:
        return self.cache / digest(self.url, name) / digest(facts)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A local path for a file that is gone after the block."""
        self.cache.mkdir(parents=True, exist_ok=True)
        for leftover in self.cache.glob(f".*{TEMPORARY}"):  # of a killed process
            if _age_s(leftover) > LONGEST_WRITE_S:
                leftover.unlink(missing_ok=True)
        temporary = self.cache / f".{uuid.uuid4().hex}{TEMPORARY}"
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def let_read(self, connection: "DuckDBPyConnection") -> None:
        """DuckDB reads it by fsspec; its own extension for S3 would have to be fetched from the internet."""
        connection.register_filesystem(self._server.patient_files())

    @property
    def _server(self) -> Server:
        return Server(self.url, self.patience_s)

    def _in_parts(self) -> dict[str, int]:
        return {"chunksize": versions.PART_BYTES, "max_concurrency": PARTS_AT_ONCE} if self.url.startswith(S3) else {}


def _age_s(path: Path) -> float:
    """Since it was last written to; 0 of what is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
