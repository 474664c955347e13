"""Where everything lives: ``AND_HOME``, by default ``data/`` beside the code (git-ignored)."""

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
"""Root of the checkout: holds ``dissections/`` and ``dbt_project/``."""


@dataclass(frozen=True)
class Home:
    """The folders under one ``AND_HOME``. Nothing is created until it is written to."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """``AND_HOME`` as an absolute path, or ``data/`` in the checkout."""
        return cls(Path(os.environ.get("AND_HOME") or REPOSITORY / "data").expanduser().absolute())

    @property
    def lake(self) -> Path:
        """Parquet tables, ``<table>/dissection=<name>/``."""
        return self.root / "lake"

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
