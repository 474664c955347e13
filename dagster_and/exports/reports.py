"""Reports leave the house here: tables and figures, written to the reports folder, each file atomically."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def publish(folder: Path, name: str, table: pl.DataFrame, figure: "Figure | None" = None) -> list[Path]:
    """Write ``name.csv`` and, where there is a figure, ``name.png`` and ``name.svg``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Path], object]] = {"csv": table.write_csv}
    if figure is not None:
        writers["png"] = lambda path: figure.savefig(path, dpi=150, format="png")
        writers["svg"] = lambda path: _as_it_lies(figure).savefig(path, format="svg")
    for suffix, write in writers.items():
        temporary = folder / f".{name}.{os.getpid()}.{suffix}"
        write(temporary)
        temporary.replace(folder / f"{name}.{suffix}")
    return [folder / f"{name}.{suffix}" for suffix in writers]


def _as_it_lies(figure: "Figure") -> "Figure":
    """Its parts where the last drawing put them: to lay them out again takes as long as to draw them."""
    figure.set_layout_engine("none")
    return figure
