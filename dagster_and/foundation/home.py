"""Where everything lives: ``AND_HOME``, by default ``data/`` beside the code (git-ignored)."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.texts import whole

REPOSITORY = Path(__file__).resolve().parents[2]
"""Root of the checkout: holds ``dissections/`` and ``dbt_project/``."""


ANY_HOME = "$AND_HOME"
"""Stands in tables and keys for the folder of the home, which may be moved."""
_REMOTE = re.compile(r"(?!file:|local:)[a-z][a-z0-9+]*://[!-~]+")
"""A URL of another machine, without blanks."""
LONGEST_NAME, LONGEST_PATH = 255, 3500
"""Bytes that file systems take of one name, and of a path with the tables' own names still to come."""


def expanded(path: str) -> Path:
    """A path with environment variables and ~ filled in; the ~ of a user who isn't there stays."""
    return Path(os.path.expanduser(os.path.expandvars(path)))  # noqa: PTH111 - Path's own raises for that user


@dataclass(frozen=True)
class Home:
    """The folders under one ``AND_HOME``, and where its lake is. Nothing is created until it is written to."""

    root: Path
    lake_url: str | None = None
    """Of a lake beyond this machine; None where it is the folder ``lake``."""

    @classmethod
    def from_environment(cls) -> "Home":
        """``AND_HOME`` as an absolute path, or ``data/`` in the checkout; its lake as ``AND_LAKE`` says.

        Raises:
            UserError: no file system, database or printed line could hold such a path, or ``AND_LAKE`` is no URL.
        """
        root = Path(os.path.expanduser(os.environ.get("AND_HOME") or REPOSITORY / "data")).absolute()  # noqa: PTH111
        obstacle = _obstacle(root)
        if obstacle:
            raise UserError(f"AND_HOME is {str(root)[:80]!a}, but {obstacle}: set it to a folder of yours.")
        url = os.environ.get("AND_LAKE", "").rstrip("/")
        if url and not _REMOTE.fullmatch(url):
            raise UserError(
                f"AND_LAKE is {url[:80]!a}: write a URL such as s3://bucket/prefix, or leave it out, and the lake "
                f"is the folder {root / 'lake'}."
            )
        return cls(root, url or None)

    def portable(self, content: Any) -> Any:
        """JSON-like content whose paths within this home begin with ``$AND_HOME``: equal wherever the home lies."""
        if isinstance(content, str):
            within = content.startswith(f"{self.root}{os.sep}")
            return f"{ANY_HOME}{content.removeprefix(str(self.root))}" if within else content
        if isinstance(content, dict):
            return {key: self.portable(value) for key, value in content.items()}
        return [self.portable(item) for item in content] if isinstance(content, list | tuple) else content

    def located(self, path: str) -> Path:
        """Where a path that a table holds lies: what begins with ``$AND_HOME`` lies in this home."""
        inside = path.removeprefix(f"{ANY_HOME}{os.sep}")
        return Path(path) if inside == path else self.root / inside

    @property
    def lake(self) -> Path:
        """Parquet tables, ``<table>/dissection=<name>/``, where they don't lie beyond a URL."""
        return self.root / "lake"

    @property
    def lake_place(self) -> str:
        """Where the Parquet tables are, for people and for DuckDB: a URL, or a folder's path."""
        return self.lake_url or str(self.lake)

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds and people query."""
        return self.root / "warehouse.duckdb"

    @property
    def checkpoints(self) -> Path:
        """Networks trained in the pipeline, as transformers folders."""
        return self.root / "checkpoints"

    @property
    def cache(self) -> Path:
        """Work that is keyed by content and shared between dissections; safe to delete."""
        return self.root / "cache"

    @property
    def reports(self) -> Path:
        """Figures and tables for people."""
        return self.root / "reports"

    @property
    def dissections(self) -> Path:
        """A user's own dissection files."""
        return self.root / "dissections"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage (``DAGSTER_HOME``)."""
        return self.root / "dagster"


def _obstacle(root: Path) -> str | None:
    if whole(str(root)) != str(root):
        return "its name is not UTF-8"
    if not str(root).isprintable():
        return "its name holds a character that can't be printed"
    if "?" in str(root):
        return "Dagster's databases can't lie where a name holds a question mark"
    if len(os.fsencode(root)) > LONGEST_PATH or any(len(os.fsencode(part)) > LONGEST_NAME for part in root.parts):
        return "its name is too long"
    return None
