"""Paths in tables: stored relative to the home, so that it can be moved, and read as they are now."""

import os
from pathlib import Path

import polars as pl

from dagster_and.foundation.home import ANY_HOME
from dagster_and.method.contract.table import Table


def stored(table: Table, frame: pl.DataFrame, home: Path) -> pl.DataFrame:
    """The frame with ``$AND_HOME`` for the home in its places."""
    return _changed(table, frame, str(home), ANY_HOME)


def located(table: Table, frame: pl.DataFrame, home: Path) -> pl.DataFrame:
    """The frame with its places where the home lies now."""
    return _changed(table, frame, ANY_HOME, str(home))


def _changed(table: Table, frame: pl.DataFrame, old: str, new: str) -> pl.DataFrame:
    inside = f"{old}{os.sep}"
    return frame.with_columns(
        pl.when(pl.col(name).str.starts_with(inside))
        .then(pl.lit(new) + pl.col(name).str.slice(len(old)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in table.places
        if frame.schema.get(name) == pl.String
    )
