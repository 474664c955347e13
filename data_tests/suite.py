"""A suite: what must hold for one Parquet table, in Great Expectations' own terms.

A suite is ``suites/<table>.yml`` plus what follows from the table's contract in :mod:`dagster_and.lake.tables`: keys
are unique, columns are null only where they may be, numbers are finite, texts are not blank. That is generated.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field

from dagster_and.method.contract.table import Column, Table

SUITES = Path(__file__).parent / "suites"
RANGE = "expect_column_values_to_be_between"
_COLUMN_KWARGS = ("column", "column_A", "column_B")


class Expectation(BaseModel):
    """One expectation, as it stands in a suite's YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = Field(pattern=r"^expect_\w+$", description="Name of the expectation in Great Expectations.")
    kwargs: dict[str, Any] = Field(description="Its arguments, as Great Expectations serialises them.")
    notes: str = Field(min_length=1, description="One sentence: what holds, and why. It is shown when it fails.")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it speaks of; none for a whole table."""
        single = [self.kwargs[name] for name in _COLUMN_KWARGS if name in self.kwargs]
        return (*single, *self.kwargs.get("column_list", ()))

    @property
    def name(self) -> str:
        """Type and columns: unique within a suite."""
        return f"{self.type}({', '.join(self.columns)})"


@dataclass(frozen=True)
class Suite:
    """All expectations of one table; ``header`` is judged first, since without its columns nothing else makes sense.

    ``query`` is DuckDB SQL over the relation ``this``; it keeps the table's columns and may add more.
    """

    table: Table
    header: Expectation
    expectations: tuple[Expectation, ...]
    query: str = "select * from this"


class SuiteFile(BaseModel):
    """A file of ``suites/``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str = Field("select * from this", description="DuckDB SQL that selects the rows to validate.")
    expectations: tuple[Expectation, ...] = Field(description="What must hold beyond the table's contract.")


def read_suite(table: Table) -> Suite:
    """The suite of a table.

    Raises:
        ValueError: the file is not a suite, or two of its expectations have one name (pydantic's error is one, too).
    """
    file = read_file(table)
    own = tuple(_closed(expectation, table) for expectation in file.expectations)
    names = {expectation.name for expectation in own}
    generated = tuple(expectation for expectation in contract(table) if expectation.name not in names)
    if len(names) < len(own):
        raise ValueError(f"suites/{table.name}.yml: two expectations of one type and column; make them one")
    return Suite(table, _header(table), (*generated, *own), file.query)


def read_file(table: Table) -> SuiteFile:
    """What stands in ``suites/<table>.yml``.

    Raises:
        pydantic.ValidationError: an unknown key, or a missing one.
    """
    return SuiteFile.model_validate(yaml.safe_load((SUITES / f"{table.name}.yml").read_text(encoding="utf-8")))


def contract(table: Table) -> Iterator[Expectation]:
    """What follows from the table's contract, column by column."""
    key = list(table.key)
    one = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": key[0]}}
    several = {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": key}}
    yield Expectation(**(one if len(key) == 1 else several), notes=table.description)
    for column in table.columns:
        yield from _column_contract(column)


def _column_contract(column: Column) -> Iterator[Expectation]:
    on = {"column": column.name}
    if not column.nullable:
        null = f"{column.name} is never null."
        yield Expectation(type="expect_column_values_to_not_be_null", kwargs=on, notes=null)
    if pa.types.is_floating(column.type):
        finite = f"{column.name} is a finite number, never NaN or infinite."
        ends = {"min_value": -sys.float_info.max, "max_value": sys.float_info.max}
        yield Expectation(type=RANGE, kwargs=on | ends, notes=finite)
    if pa.types.is_string(column.type):
        blank = f"{column.name} is never blank: what is not known is null."
        yield Expectation(type="expect_column_values_to_match_regex", kwargs=on | {"regex": r"\S"}, notes=blank)


def _closed(expectation: Expectation, table: Table) -> Expectation:
    """An open end of a range of real numbers becomes the largest finite one, so that no range admits infinity."""
    real = {column.name for column in table.columns if pa.types.is_floating(column.type)}
    if expectation.type != RANGE or not real.intersection(expectation.columns):
        return expectation
    ends = {"min_value": -sys.float_info.max, "max_value": sys.float_info.max}
    return expectation.model_copy(update={"kwargs": ends | expectation.kwargs})


def _header(table: Table) -> Expectation:
    return Expectation(
        type="expect_table_columns_to_match_ordered_list",
        kwargs={"column_list": table.schema.names},
        notes="The file has the columns of the contract (dagster_and/method/<room>/tables.py), in its order.",
    )
