"""What the warehouse holds, read-only."""

from pathlib import Path

import polars as pl


def read_report(warehouse: Path, model: str) -> pl.DataFrame:
    """A dbt model's rows, from the warehouse as it is now."""
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(f'select * from "{model}"').pl()
