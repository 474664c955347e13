"""Reports leave the house here: tables and figures, written to the reports folder, each file atomically."""

import os
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def publish(folder: Path, name: str, table: pl.DataFrame, figure: "Figure | None" = None) -> list[Path]:
    """Write ``name.csv`` and, where there is a figure, ``name.png`` and ``name.svg``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Path], object]] = {"csv": table.write_csv}
    if figure is not None:
        writers["png"] = lambda path: figure.savefig(path, dpi=150, format="png")
        writers["svg"] = lambda path: path.write_text(_svg(figure), encoding="utf-8")
    for suffix, write in writers.items():
        temporary = folder / f".{name}.{os.getpid()}.{suffix}"
        write(temporary)
        temporary.replace(folder / f"{name}.{suffix}")
    return [folder / f"{name}.{suffix}" for suffix in writers]


def _svg(figure: "Figure") -> str:
    """The figure as XML; names stand in its comments, and may hold what XML can't."""
    drawn = StringIO()
    figure.savefig(drawn, format="svg")
    return _NO_XML.sub("\ufffd", drawn.getvalue())
