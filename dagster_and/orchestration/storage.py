"""Where Dagster keeps its runs and events: SQLite under ``AND_HOME``, or PostgreSQL where ``AND_POSTGRES`` names one.

Neither Dagster nor SQLAlchemy is loaded here. The address is read from the environment whenever it is needed; with its
password it stands in no file and in no message.
"""

import importlib.util
import logging
import os
import time
from urllib.parse import SplitResult, unquote, urlsplit

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing, require_plain
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.foundation.obstacles import said_by

VARIABLE = "AND_POSTGRES"
SCHEME, WITH_DRIVER = "postgresql://", "postgresql+psycopg2://"
"""What people write, and what SQLAlchemy is told: by itself it looks for another driver than the one that is there."""
EXAMPLE = "postgresql://user:password@host:5432/database"
SETTINGS = "dagster.yaml"
EMBEDDED = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"
"""No telemetry, and no invitation to sign up in front of the graph."""
OF_A_TEAM = REPOSITORY / "deploy" / SETTINGS
OURS = f"# Written since {VARIABLE} is set, from deploy/{SETTINGS}. Take this line out, and the file is yours.\n"
SECONDS_TO_CONNECT = 10
RETRYING = "Retrying failed database connection"
"""How dagster-postgres begins what it logs, a paragraph each time, while it waits for a server that is restarted."""
SECONDS_BETWEEN = 10.0


def postgres() -> str | None:
    """``AND_POSTGRES`` as libpq takes it, or None where it is not set."""
    named = os.environ.get(VARIABLE, "").strip()
    return named.replace(WITH_DRIVER, SCHEME, 1) or None


def identity() -> str:
    """Which database it is, whoever comes to it with whatever password: a host, a port and a name; empty for SQLite."""
    address = postgres()
    if address is None:
        return ""
    parts = _parts(address)
    return f"{parts.hostname}:{parts.port or 5432}{parts.path}"


def require_storage() -> None:
    """Refuse a database that can't be used. SQLite always can.

    Raises:
        UserError: ``AND_POSTGRES`` is no address, a package for it is missing, or no server takes the login.
    """
    address = postgres()
    if address is None:
        return
    parts = _parts(address)
    if not all(map(importlib.util.find_spec, ("dagster_postgres", "psycopg2"))):
        raise UserError(
            f"{VARIABLE} is set, but the package dagster-postgres is not installed: write "
            f"pip install 'dagster-and[cluster]', or unset {VARIABLE}."
        )
    import psycopg2

    try:
        psycopg2.connect(address, connect_timeout=SECONDS_TO_CONNECT).close()
    except psycopg2.ProgrammingError:  # its words quote the address
        raise _no_address() from None
    except psycopg2.Error as error:
        where = f"{parts.hostname}:{parts.port or 5432}{parts.path}"
        raise UserError(
            f"PostgreSQL at {where} can't be used ({without_password(said_by(error))}): see to it that it runs and "
            f"takes the login in {VARIABLE}, or unset {VARIABLE} for a database of this home's own."
        ) from None


def variables() -> dict[str, str]:
    """``AND_POSTGRES`` as Dagster takes it, of this process and those that it starts."""
    address = postgres()
    return {VARIABLE: address.replace(SCHEME, WITH_DRIVER, 1)} if address else {}


def write_settings(home: Home) -> None:
    """Dagster's settings under ``AND_HOME``, unless somebody has written their own: those stay as they are.

    Raises:
        UserError: a file of somebody's own does not read ``AND_POSTGRES``, which is set.
        OSError: nothing can be written there.
    """
    place = home.dagster / SETTINGS
    wanted = OURS + OF_A_TEAM.read_text(encoding="utf-8") if postgres() else EMBEDDED
    home.dagster.mkdir(parents=True, exist_ok=True)
    require_plain(place)
    there = place.read_text(encoding="utf-8", errors="replace") if place.exists() else None
    if there is not None and there != EMBEDDED and not there.startswith(OURS):
        if postgres() and VARIABLE not in there:
            raise UserError(
                f"{VARIABLE} is set, but {place} is a file of yours that doesn't read it: write into it storage: "
                f"{{postgres: {{postgres_url: {{env: {VARIABLE}}}}}}}, or unset {VARIABLE}."
            )
        return
    if there != wanted:
        with replacing(place) as temporary:
            temporary.write_text(wanted, encoding="utf-8")


class Patience(logging.Filter):
    """In place of dagster-postgres's paragraphs a line now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._told = -SECONDS_BETWEEN

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be shown; it is shortened where it is about waiting."""
        if not str(record.msg).startswith(RETRYING):
            return True
        record.msg, record.args = "PostgreSQL does not answer; trying again.", ()
        is_due = time.monotonic() - self._told >= SECONDS_BETWEEN
        self._told = time.monotonic() if is_due else self._told
        return is_due


PATIENCE = Patience()


def without_password(text: str) -> str:
    """The text without the password of ``AND_POSTGRES``, should it stand there."""
    address = postgres()
    password = urlsplit(address).password if address and "://" in address else None
    for secret in {password, unquote(password)} if password else ():
        text = text.replace(secret, "***")
    return text


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme == "postgresql" and parts.hostname and parts.path.strip("/")
        is_whole = is_whole and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, brackets that don't close
        is_whole = False
    if not is_whole:
        raise _no_address() from None
    return parts


def _no_address() -> UserError:
    return UserError(f"{VARIABLE} is no address of a database: write {EXAMPLE}.")
