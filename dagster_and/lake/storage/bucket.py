"""A bucket, or whatever else fsspec knows by a URL: an object is replaced by one upload, and there are no locks.

An object is fetched whole, once a version, into the home; a version goes by its ETag, or by size and time where the
server has none. A server that doesn't answer is asked again, ever more rarely, for a minute.
"""

import errno
import hashlib
import os
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.foundation.keys import digest
from dagster_and.foundation.obstacles import FORBIDDEN, NO_ROOM
from dagster_and.lake.storage.storage import One, Other

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PATIENCE_S = 60.0
"""How long a server that doesn't answer is asked again."""
LONGEST_PAUSE_S = 8.0
TRIES = 5
"""How often an object is fetched that is replaced each time meanwhile."""
AT_ONCE = 16
PART_BYTES = 32 << 20
"""Of an upload: a larger file goes up in parts, and becomes visible with the last one."""
PARTS_AT_ONCE = 4
LONGEST_WRITE_S = 24 * 3600
"""How long after it was last written to a file may still be on its way."""
LONGEST_READ_S = 3600
"""How long after it was fetched a former version may still be read by somebody."""
NOT_THERE = "not-there"
OBJECTS = Path("cache", "objects")
"""In the home: what was fetched."""
S3 = "s3://"
TEMPORARY = ".tmp"
ASKED_BY: dict[str, dict[str, Any]] = {
    "s3": {
        # asked again by :meth:`Bucket._asked`, not in the layers below
        "config_kwargs": {"connect_timeout": 5, "read_timeout": 30, "retries": {"total_max_attempts": 1}},
        "default_block_size": 1 << 20,
    },
}
"""Options of fsspec's file systems by their protocol."""
AGAIN_BY_ITSELF = {"mode": "standard", "total_max_attempts": 10}
VARIABLES = (
    "AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_DEFAULT_REGION, AWS_PROFILE"
)
IN_VAIN = ("NoCredentialsError", "PartialCredentialsError", "NoRegionError", "ProfileNotFound", "ParamValidationError")
"""botocore's errors that no waiting mends."""
SAID_OF_A_VERSION = ("ETag", "etag", "LastModified", "mtime", "created")
LONGEST_SAID = 200


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
        hasty._asked(lambda files, path: files.pipe_file(path, name.encode()), name, is_there=False)
        back = hasty._asked(lambda files, path: files.cat_file(path), name, is_there=False)
        hasty.remove(name)
        if back != name.encode():
            raise UserError(f"The lake {self.url} gave back something else than was put there: is it yours alone?")

    def facts(self, name: str) -> str | None:
        """Size and ETag."""
        try:
            return _facts(self._asked(lambda files, path: files.info(path), name))
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
        for _ in range(TRIES):
            facts = self.facts(name)
            if facts is None:
                return self.cache / NOT_THERE, None
            kept = self._kept(name, facts)
            if kept.exists():
                return kept, facts
            with suppress(FileNotFoundError), replacing(kept) as temporary:
                self._asked(lambda files, path: files.get_file(path, str(temporary), **self._in_parts()), name)
                if self.facts(name) != facts:
                    raise FileNotFoundError(name)
            if kept.exists():
                _sweep(kept)
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
                if _facts(file.details) != facts:
                    raise FileNotFoundError(name)
                return look(file)

        try:
            return self._asked(at_ranges, name)
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
                kept = self._kept(name, facts)
                kept.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(kept)
                _sweep(kept)

    def put(self, file: Path, name: str) -> str | None:
        """Upload a local file: visible whole, or not at all.

        Returns:
            its facts there; None where that isn't sure, since somebody has put another one, or a server that encrypts
            calls it otherwise.

        Raises:
            UserError: the server doesn't answer, or won't take it.
        """
        in_parts = self._in_parts()
        self._asked(lambda files, path: files.put_file(str(file), path, **in_parts), name, is_there=False)
        facts = f"{file.stat().st_size} {etag_of(file)}"
        return facts if self.facts(name) == facts else None

    def get(self, name: str, file: Path) -> bool:
        """Fetch an object that never changes to a place of its own; False where there is none.

        Raises:
            UserError: the server doesn't answer, or won't give it.
        """
        try:
            with replacing(file) as temporary:
                self._asked(lambda files, path: files.get_file(path, str(temporary), **self._in_parts()), name)
        except FileNotFoundError:
            return False
        return True

    def text(self, name: str) -> str | None:
        """One request."""
        try:
            return self._asked(lambda files, path: files.cat_file(path), name).decode("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def jot(self, name: str, text: str) -> None:
        """One request; who may only read the bucket notes nothing."""
        with suppress(UserError):
            self._asked(lambda files, path: files.pipe_file(path, text.encode()), name, is_there=False)

    def names(self, folder: str) -> list[str]:
        """As the server lists them. A listing that lags behind names what is gone, or lacks what is new."""
        try:
            found = self._asked(lambda files, path: files.find(path), folder)
        except FileNotFoundError:
            return []
        root, start = f"{self._path('')}/", f"{self._path(folder)}/"
        return [name.removeprefix(root) for name in found if name.startswith(start)]  # some name an emptied folder

    def set_aside(self, name: str, facts: str | None, under: str) -> None:
        """A copy, then the original is removed: between the two looks lie milliseconds."""
        self._asked(lambda files, path: files.cp_file(path, self._path(under)), name)
        if self.facts(name) == facts:
            self.remove(name)

    def remove(self, name: str) -> None:
        """Remove an object; one that isn't there is gone."""
        with suppress(FileNotFoundError):
            self._asked(lambda files, path: files.rm_file(path), name)

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """Nothing can hold it: whoever needs one state looks at the facts before and after."""
        yield

    def each(self, work: Callable[[One], Other], on: Iterable[One]) -> list[Other]:
        """Sixteen at once."""
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return list(threads.map(work, on))

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
        connection.register_filesystem(_opened(self.url, os.getpid(), is_patient=True)[0])

    def _in_parts(self) -> dict[str, int]:
        return {"chunksize": PART_BYTES, "max_concurrency": PARTS_AT_ONCE} if self.url.startswith(S3) else {}

    def _path(self, name: str) -> str:
        return f"{_opened(self.url, os.getpid())[1]}/{name}".rstrip("/")

    def _asked(self, ask: Callable[[Any, str], Any], name: str, *, is_there: bool = True) -> Any:
        """What the server answers about an object, asked again where it doesn't.

        Raises:
            FileNotFoundError: there is no such object, and ``is_there``.
            UserError: it doesn't answer, or refuses.
        """
        deadline, pause = time.monotonic() + self.patience_s, 0.1
        while True:
            try:
                files, _ = _opened(self.url, os.getpid())
                return ask(files, self._path(name))
            except (UserError, pa.ArrowException):
                raise
            except Exception as error:  # fsspec's file systems each raise their own library's
                if is_there and isinstance(error, FileNotFoundError):
                    raise
                if isinstance(error, OSError) and error.errno in NO_ROOM:
                    raise  # of this machine's disk
                if _is_in_vain(error) or time.monotonic() + pause > deadline:
                    raise self._refusal(error) from error
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _refusal(self, error: Exception) -> UserError:
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        said = said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]}..."
        asked_at = os.environ.get("AWS_ENDPOINT_URL")
        where = f" at {asked_at}" if self.url.startswith(S3) and asked_at else ""
        variables = f", and the variables that say how: {VARIABLES}" if self.url.startswith(S3) else ""
        return UserError(
            f"The lake {self.url}{where} can't be used ({said}): see AND_LAKE{variables}; then give the same command "
            "again, what was finished is kept."
        )


@lru_cache(maxsize=8)
def _opened(url: str, process: int, *, is_patient: bool = False) -> tuple[Any, str]:
    """fsspec's file system behind a URL, and the path in it; of each process its own: threads don't survive a fork.

    Args:
        url: of the lake.
        process: its id.
        is_patient: asks again by itself where the server doesn't answer, for whom :meth:`Bucket._asked` can't do it.

    Raises:
        UserError: nothing that is installed knows such a URL.
    """
    del process
    from fsspec.core import url_to_fs

    protocol = url.split("://", 1)[0]
    options = {"use_listings_cache": False, **ASKED_BY.get(protocol, {})}
    if is_patient and protocol == "s3":
        options["config_kwargs"] = options["config_kwargs"] | {"retries": AGAIN_BY_ITSELF}
    try:
        files, path = url_to_fs(url, skip_instance_cache=True, **options)
    except ImportError as error:
        raise UserError(
            f"The lake {url} needs a library that is not installed ({error}): pip install 'dagster-and[cluster]' "
            "brings the one for s3://."
        ) from None
    except ValueError as error:
        raise UserError(
            f"AND_LAKE is {url}, and nothing knows such a URL ({error}): write s3://bucket/prefix."
        ) from None
    return files, path.rstrip("/")


def etag_of(file: Path) -> str:
    """The ETag that S3 gives a file uploaded as :meth:`Bucket.put` does it, where it is not encrypted by a key."""
    sums = []
    with file.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        is_whole = size < 2 * PART_BYTES  # as s3fs has it
        while part := opened.read(size if is_whole else PART_BYTES):
            sums.append(hashlib.md5(part, usedforsecurity=False))
    if is_whole:
        return (sums[0] if sums else hashlib.md5(b"", usedforsecurity=False)).hexdigest()
    together = hashlib.md5(b"".join(one.digest() for one in sums), usedforsecurity=False)
    return f"{together.hexdigest()}-{len(sums)}"


def _facts(info: dict[str, Any]) -> str | None:
    if info.get("type") == "directory":
        return None
    version = next((info[key] for key in SAID_OF_A_VERSION if info.get(key)), None)
    return f"{info['size']} {str(version).strip(chr(34))}"


def _is_in_vain(error: Exception) -> bool:
    """Whether asking again can't help: a refusal, a setting, or a disk of this machine."""
    if isinstance(error, PermissionError | FileNotFoundError | ValueError | TypeError | ImportError):
        return True
    if isinstance(error, OSError) and error.errno in (*FORBIDDEN, errno.ENOSYS):
        return True
    return type(error).__name__ in IN_VAIN


def _sweep(kept: Path) -> None:
    """Remove former versions that nobody can be reading any more."""
    for path in kept.parent.iterdir():
        if path.stem != kept.stem and _age_s(path) > LONGEST_READ_S:
            path.unlink(missing_ok=True)


def _age_s(path: Path) -> float:
    """Since it was last written to; 0 of what is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
