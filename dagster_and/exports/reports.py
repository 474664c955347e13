"""Reports leave the house here: read from the warehouse, written to the reports folder, atomically."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def read_report(warehouse: Path, model: str) -> pl.DataFrame:
    """A dbt model's rows, from the warehouse as it is now."""
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(f'select * from "{model}"').pl()


def publish(folder: Path, name: str, table: pl.DataFrame, figure: "Figure | None" = None) -> list[Path]:
    """Write ``name.csv`` and, where there is a figure, ``name.png`` and ``name.svg``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Path], object]] = {"csv": table.write_csv}
    if figure is not None:
        writers["png"] = lambda path: figure.savefig(path, dpi=150, format="png")
        writers["svg"] = lambda path: figure.savefig(path, format="svg")
    for suffix, write in writers.items():
        temporary = folder / f".{name}.{os.getpid()}.{suffix}"
        write(temporary)
        temporary.replace(folder / f"{name}.{suffix}")
    return [folder / f"{name}.{suffix}" for suffix in writers]


def markdown(table: pl.DataFrame) -> str:
    """A frame as a Markdown table."""
    return markdown_rows(table.columns, table.rows())


def markdown_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as a Markdown table; numbers to three decimals, bars in text escaped."""

    def cell(value: object) -> str:
        text = f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)
        return text.replace("|", "\\|").replace("\n", " ")

    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in row) + " |" for row in lines)
