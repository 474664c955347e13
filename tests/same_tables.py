"""Are two homes' tables equal, row for row? ``python -m tests.same_tables BEFORE AFTER`` compares every table of both
lakes and every mart and report of both warehouses, and ends with 1 if a value of a shared column differs.

Rows are matched by what is no measurement. Numbers may differ by a relative ``--tolerance``; the largest difference is
shown. A table or column that only one home has is named, not counted as a difference: CHANGELOG.md says what became of
it. ``--renamed OLD=NEW`` compares tables that have changed their name. A home whose lake lies beyond a URL is written
HOME@URL.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import polars.selectors as cs

from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake

LAYERS = ("main", "staging", "intermediate")


@dataclass(frozen=True)
class Comparison:
    """One table in both homes. ``largest`` is the largest relative difference of a number; None without any."""

    table: str
    rows: tuple[int, int]
    gone: list[str]
    new: list[str]
    unequal: list[str]
    largest: float

    @property
    def is_equal(self) -> bool:
        """Whether all shared columns hold the same."""
        return not self.unequal and self.rows[0] == self.rows[1]


def compare(table: str, before: pl.DataFrame, after: pl.DataFrame, tolerance: float) -> Comparison:
    """Two frames, whatever the order of their rows and columns."""
    shared = [name for name in before.columns if name in after.columns]
    gone, new = set(before.columns) - set(shared), set(after.columns) - set(shared)
    unequal, largest = [], 0.0
    if before.height == after.height:
        one, other = (_ordered(frame.select(shared)) for frame in (before, after))
        for name in shared:
            difference = _difference(one[name], other[name])
            largest = max(largest, difference)
            if difference > tolerance:
                unequal.append(name)
    return Comparison(table, (before.height, after.height), sorted(gone), sorted(new), unequal, largest)


def tables(home: Home) -> Iterator[tuple[str, pl.DataFrame]]:
    """Every table of the lake and of the warehouse by name, paths told from the home on."""
    storage = Lake.of(home).storage
    parts: dict[str, dict[str, str]] = {}
    for name in sorted(storage.names("")):
        if found := re.fullmatch(r"([^/]+)/dissection=([^_/][^/]*)/part-0\.parquet", name):
            parts.setdefault(found[1], {})[found[2]] = name
    for table, names in parts.items():
        frames = [
            pl.read_parquet(storage.fetch(name), hive_partitioning=False, glob=False).with_columns(
                dissection=pl.lit(dissection)
            )
            for dissection, name in names.items()
        ]
        yield f"lake.{table}", _at_home(pl.concat(frames, how="diagonal_relaxed"), home)
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        query = "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        for schema, name in sorted(warehouse.sql(query).fetchall()):
            yield f"{schema}.{name}", _at_home(warehouse.sql(f'from "{schema}"."{name}"').pl(), home)


def _at_home(frame: pl.DataFrame, home: Home) -> pl.DataFrame:
    return frame.with_columns(cs.string().str.replace_all(str(home.root), "AND_HOME", literal=True))


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows in an order that rounding can't change: by what is no number, then by rounded numbers."""
    keys = [_key(frame[name]) for name in frame.columns]
    exact = [key for key in keys if not key.dtype.is_float()]
    rounded = [key.round_sig_figs(6) for key in keys if key.dtype.is_float()]
    order = pl.DataFrame([k.rename(str(i)) for i, k in enumerate([*exact, *rounded])]).with_row_index("row")
    return frame[order.sort(pl.exclude("row"), nulls_last=True)["row"]]


def _key(column: pl.Series) -> pl.Series:
    """What rows are ordered by; of a list of measurements its length."""
    if not isinstance(column.dtype, pl.List):
        return column
    is_measured = column.explode().dtype.is_float()
    return column.list.len() if is_measured else column.cast(pl.List(pl.String)).list.join("|")


def _difference(one: pl.Series, other: pl.Series) -> float:
    """Largest relative difference; infinite where what is no number, or what is missing, differs."""
    if isinstance(one.dtype, pl.List):
        alike = one.list.len().equals(other.list.len())
        return _difference(one.explode(), other.explode()) if alike else np.inf
    if not one.is_null().equals(other.is_null()):
        return np.inf
    if not (one.dtype.is_float() or other.dtype.is_float()):
        return 0.0 if one.cast(pl.String).equals(other.cast(pl.String)) else np.inf
    a, b = (s.drop_nulls().cast(pl.Float64).to_numpy() for s in (one, other))
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return np.inf
    scale = np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-12)
    with np.errstate(invalid="ignore"):
        relative = np.where(a == b, 0.0, np.abs(a - b) / scale)
    return float(np.nanmax(relative, initial=0.0))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print a line a table, and say by the exit code whether all is equal."""
    parser = argparse.ArgumentParser(prog="python -m tests.same_tables", description=__doc__.split("\n\n")[0])
    parser.add_argument("before", metavar="HOME[@URL]")
    parser.add_argument("after", metavar="HOME[@URL]")
    parser.add_argument("--tolerance", type=float, default=1e-9, help="relative; default 1e-9")
    parser.add_argument(
        "--renamed", action="append", default=[], metavar="OLD=NEW", help="with its schema: main.a=main.b"
    )
    given = parser.parse_args(arguments)
    renamed = dict(pair.split("=", 1) for pair in given.renamed)
    before = {renamed.get(name, name): frame for name, frame in tables(_home(given.before))}
    after = dict(tables(_home(given.after)))
    found = [compare(name, before[name], after[name], given.tolerance) for name in before if name in after]
    for one in found:
        print(_line(one))
    for where, names in (("before", before.keys() - after.keys()), ("after", after.keys() - before.keys())):
        if names:
            print(f"only {where}: {', '.join(sorted(names))}")
    different = [one.table for one in found if not one.is_equal]
    equal = f"{len(found) - len(different)} of {len(found)} shared tables are equal"
    print(f"{equal} (relative tolerance {given.tolerance:g}).")
    return 1 if different or not found else 0


def _home(given: str) -> Home:
    place, _, url = given.partition("@")
    return Home(Path(place).absolute(), url or None)


def _line(one: Comparison) -> str:
    verdict = "equal" if one.is_equal else f"DIFFERENT in {', '.join(one.unequal) or 'number of rows'}"
    changed = "".join(
        f", {what} {', '.join(names)}" for what, names in (("without", one.gone), ("also", one.new)) if names
    )
    return f"{one.table:<45}{one.rows[1]:>9,} rows  largest difference {one.largest:.1e}  {verdict}{changed}"


if __name__ == "__main__":
    sys.exit(main())
