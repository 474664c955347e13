"""Files and folders that are there whole or not at all, and files that people name."""

import errno
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; once the block ends well, what lies there takes its place.

    Its folder is made. A block that fails leaves ``path`` as it was; what a kill leaves ends in ``.tmp``.

    Raises:
        OSError: nothing can be written there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` to fill; once the block ends well, it lies at ``path``, where nothing may be yet.

    A block that fails leaves nothing; what a kill leaves has a name that begins with a dot and ends in ``.tmp``.

    Raises:
        OSError: nothing can be written there.
    """
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    temporary.mkdir()
    try:
        yield temporary
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def require_plain(path: Path) -> None:
    """Refuse what lies there and is neither a file nor a folder: a pipe would hang, and a device may have no end.

    Raises:
        OSError: it is such a thing.
    """
    if not path.is_file() and path.exists() and not path.is_dir():
        raise OSError(errno.EINVAL, "It is no plain file", str(path))


def plain_text(path: Path) -> str:
    """The text of a file that people name.

    Raises:
        OSError: it is not there, may not be read, or is no plain file.
        UnicodeDecodeError: it is not UTF-8.
    """
    require_plain(path)
    return path.read_text(encoding="utf-8")
