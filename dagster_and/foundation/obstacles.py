"""Disks, folders and databases that can't be used, said in a sentence."""

import errno
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator

from dagster_and.foundation.errors import PassingError, UserError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
PASSING = (
    errno.EIO, errno.ESTALE, errno.EAGAIN, errno.EBUSY, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.EHOSTDOWN,
    errno.ENETUNREACH, errno.ENETDOWN, errno.ENETRESET, errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED,
    errno.EPIPE, errno.EREMOTEIO,
)  # fmt: skip
"""What a server or a disk of the network says while it is away."""
AGAIN = "give the same command again: what was finished is kept"
LONGEST_SHOWN, LONGEST_SAID = 120, 300
POSTGRES = {"OperationalError", "InterfaceError"}
"""Errors of psycopg2 that are about the server or the way to it, not about what it was asked."""
_RUSTS = re.compile(r"\(os error (\d+)\)")
_IN_ITS_LIST = re.compile(r"\[Errno (\d+)\]")
_PRINTED = re.compile(
    r"(?:(sqlite3)\.(?:Operational|Database)Error: (.+)|\w*Error: \[Errno (\d+)\] [^:]+(?:: '([^']+)')?)$"
)
_PARQUETS_END = "Invalid thrift: transport error"
"""What polars says where the disk has taken a table's rows and not what stands behind them; why, it does not say."""


def obstacle(error: BaseException) -> str | None:
    """What the machine has in the way of an ``error``, or of what it came from; None where the fault is another one."""
    for cause in _causes(error):
        if number := _number(cause):
            return _of_files(number, getattr(cause, "filename", None))
        if _PARQUETS_END in str(cause):
            what = "A Parquet file of AND_HOME or of the output can't be written to its end"
            return f"{what}: see whether its disk has room, then {AGAIN}."
        if isinstance(cause, sqlite3.OperationalError) or type(cause) is sqlite3.DatabaseError:
            return _of_a_database(str(cause))
        if type(cause).__name__ == "NoSuchTableError":  # of SQLAlchemy, which is not loaded for that
            return _of_a_database(f"no table {cause}")
        if _is_of_postgres(cause):
            return _of_postgres(cause)
    return None


def obstacle_in(message: str) -> str | None:
    """As :func:`obstacle`, of an error of which only what Python prints is at hand: its class and its words."""
    found = _PRINTED.match(message.strip())
    if found is None:
        return None
    of_sqlite, said, number, filename = found.groups()
    return _of_a_database(said) if of_sqlite else _of_files(int(number), filename)


def is_passing(error: BaseException) -> bool:
    """Whether what stopped the work may be over by itself before long, so that it is worth trying again."""
    if isinstance(error, UserError):
        return isinstance(error, PassingError)
    return any(
        isinstance(cause, PassingError | ConnectionError | TimeoutError)
        or _number(cause) in PASSING
        or _is_of_postgres(cause)
        for cause in _causes(error)
    )


def _number(error: BaseException) -> int | None:
    """The operating system's number of an error; libraries in Rust and copies of folders hold it in their message."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    written = (_IN_ITS_LIST if isinstance(error, shutil.Error) else _RUSTS).search(str(error))
    return int(written[1]) if written else None


def _of_files(number: int, filename: object) -> str:
    name = "A file of AND_HOME, of TMPDIR or of the output" if filename is None else str(filename)
    name = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}..."
    what = f"{name!a} " if not name.isprintable() else f"{name} "
    why = os.strerror(number)
    if number in NO_ROOM:
        return f"{what}can't be written, since there is no room for it ({why}): free some, then {AGAIN}."
    if number in FORBIDDEN:
        return f"{what}can't be used ({why}): see whose it is, or set AND_HOME to a folder of yours."
    if number == errno.ENAMETOOLONG:
        return f"{what}can't be used ({why}): write a shorter path."
    return f"{what}can't be used ({why}): see whether its folder and its disk are still there, then {AGAIN}."


def _of_a_database(said: str) -> str:
    if "full" in said:
        return f"A database of AND_HOME can't be written, since its disk is full: free some room, then {AGAIN}."
    return (
        f"A database of AND_HOME can't be used ({said}): see whether its folder is still there and its disk can be "
        f"written and has room, move the folder dagster away if the database is broken, then {AGAIN}."
    )


def _is_of_postgres(error: BaseException) -> bool:
    """psycopg2 is not loaded for that: where it has not been, no error is its."""
    return any(kind.__module__ == "psycopg2" and kind.__name__ in POSTGRES for kind in type(error).__mro__)


def _of_postgres(error: BaseException) -> str:
    return (
        f"PostgreSQL can't be used any more ({said_by(error)}): see to it that the server of AND_POSTGRES runs, "
        f"then {AGAIN}."
    )


def said_by(error: BaseException) -> str:
    """A library's words in one line."""
    said = " ".join(str(error).split()).rstrip(".")
    return said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]}..."


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it came from; a database library holds what its driver has said in ``orig``."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and not any(one is other for other in seen):
            seen.append(one)
            waiting += [getattr(one, "orig", None), one.__cause__, one.__context__]
            yield one
