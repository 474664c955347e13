"""Reports leave the house here: tables and figures, written to the reports folder, each file atomically."""

import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import metadata
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dagster_and import figures
from dagster_and.foundation.keys import digest

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def publish(folder: Path, name: str, table: pl.DataFrame, figure: "Figure | None" = None) -> list[Path]:
    """Write ``name.csv`` and, where there is a figure, ``name.png`` and ``name.svg``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Path], object]] = {"csv": table.write_csv}
    if figure is not None:
        writers["png"] = lambda path: figure.savefig(path, dpi=150, format="png")
        writers["svg"] = lambda path: path.write_text(_svg(_as_it_lies(figure)), encoding="utf-8")
    for suffix, write in writers.items():
        temporary = folder / f".{name}.{os.getpid()}.{suffix}"
        write(temporary)
        temporary.replace(folder / f"{name}.{suffix}")
    return [folder / f"{name}.{suffix}" for suffix in writers]


def _as_it_lies(figure: "Figure") -> "Figure":
    """Its parts where the last drawing put them: to lay them out again takes as long as to draw them."""
    figure.set_layout_engine("none")
    return figure


def publish_if_changed(
    folder: Path, notes: Path, name: str, tables: Mapping[str, pl.DataFrame], draw: "Callable[..., Figure]"
) -> tuple[list[Path], bool]:
    """:func:`publish` a figure of some tables, unless the same code drew it from the same rows and all files are there.

    Args:
        folder: for people.
        notes: folder that remembers what was drawn from what; safe to delete.
        name: of the figure, and of the first table's CSV; the other tables' have their own.
        tables: by name, in the order in which ``draw`` takes them.
        draw: makes the figure.

    Returns:
        the paths, the figure's first; and whether they were left as they are.
    """
    first, *others = tables
    paths = [folder / f"{name}.{suffix}" for suffix in ("csv", "png", "svg")] + [folder / f"{o}.csv" for o in others]
    key = digest(name, _drawing(), [(table.schema, table.write_csv()) for table in tables.values()])
    note = notes / f"{name}.txt"
    if note.exists() and note.read_text() == key and all(path.exists() for path in paths):
        return paths, True
    note.unlink(missing_ok=True)
    publish(folder, name, tables[first], draw(*tables.values()))
    for other in others:
        publish(folder, other, tables[other])
    notes.mkdir(parents=True, exist_ok=True)
    note.write_text(key)
    return paths, False


@cache
def _drawing() -> str:
    """Digest of the code that draws."""
    code = [path.read_text() for path in sorted(Path(figures.__file__).parent.glob("*.py"))]
    return digest(Path(__file__).read_text(), code, metadata.version("matplotlib"))


def _svg(figure: "Figure") -> str:
    """The figure as XML; names stand in its comments, and may hold what XML can't."""
    drawn = StringIO()
    figure.savefig(drawn, format="svg")
    return _NO_XML.sub("\ufffd", drawn.getvalue())
