"""Reports leave the house here: tables and figures, written to the reports folder, each file atomically."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dagster_and import figures
from dagster_and.figures import NothingToDrawError
from dagster_and.foundation.keys import digest

if TYPE_CHECKING:
    from matplotlib.figure import Figure


PICTURES = ("png", "svg")
DOTS_PER_INCH = 200
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Published:
    """The files of a figure and its tables, the figure's own first."""

    paths: list[Path]
    is_reused: bool
    """Whether they were left as they are."""
    not_drawn: str = ""
    """Why there is no picture, in a sentence; empty where there is one."""

    @property
    def picture(self) -> Path | None:
        """The figure as dots, if it was drawn."""
        return next((path for path in self.paths if path.suffix == ".png"), None)


def publish(folder: Path, name: str, table: pl.DataFrame, figure: "Figure | None" = None) -> list[Path]:
    """Write ``name.csv`` and, where there is a figure, ``name.png`` and ``name.svg``; returns their paths.

    Where there is none, pictures of that name are removed: they would show what is no longer so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Path], object]] = {"csv": table.write_csv}
    if figure is None:
        for suffix in PICTURES:
            (folder / f"{name}.{suffix}").unlink(missing_ok=True)
    else:
        writers["png"] = lambda path: figure.savefig(path, dpi=DOTS_PER_INCH, format="png")
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
) -> Published:
    """:func:`publish` a figure of some tables, unless the same code drew it from the same rows and all files are there.

    Args:
        folder: for people.
        notes: folder that remembers what was drawn from what; safe to delete.
        name: of the figure, and of the first table's CSV; the other tables' have their own.
        tables: by name, in the order in which ``draw`` takes them.
        draw: makes the figure, or raises ``NothingToDrawError``: then the tables alone are written.
    """
    first, *others = tables
    tables_of = [folder / f"{name}.csv"] + [folder / f"{other}.csv" for other in others]
    pictures = [folder / f"{name}.{suffix}" for suffix in PICTURES]
    key = digest(name, drawn_by(), [(table.schema, table.write_csv()) for table in tables.values()])
    note = notes / f"{name}.txt"
    known, _, reason = note.read_text(encoding="utf-8").partition("\n") if note.exists() else ("", "", "")
    paths = tables_of if reason else [tables_of[0], *pictures, *tables_of[1:]]
    if known == key and all(path.exists() for path in paths):
        return Published(paths, is_reused=True, not_drawn=reason)
    note.unlink(missing_ok=True)
    figure, reason = None, ""
    try:
        figure = draw(*tables.values())
    except NothingToDrawError as nothing:
        reason = str(nothing)
    own = publish(folder, name, tables[first], figure)
    for other in others:
        publish(folder, other, tables[other])
    notes.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{key}\n{reason}" if reason else key, encoding="utf-8")
    return Published([*own, *tables_of[1:]], is_reused=False, not_drawn=reason)


@cache
def drawn_by() -> str:
    """Digest of the code that draws."""
    code = [path.read_text() for path in sorted(Path(figures.__file__).parent.glob("*.py"))]
    return digest(Path(__file__).read_text(), code, metadata.version("matplotlib"))


def _svg(figure: "Figure") -> str:
    """The figure as XML, the same one for the same figure; names stand in its comments, and may hold what XML can't."""
    drawn = StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    return _NO_XML.sub("\ufffd", drawn.getvalue())
