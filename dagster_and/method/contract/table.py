"""What a table's contract is made of."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, what it means (with unit), and whether it may be null.

    A place is a path, or what may be one: the lake keeps it relative to the home, and gives it as it is now.
    """

    name: str
    type: pa.DataType
    description: str
    nullable: bool = False
    is_place: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the lake. ``grain`` completes "One row per ..."; ``key`` names the identifying columns.

    ``version`` counts its schemas: whoever changes a column's name, type or place among them raises it by one.
    """

    name: str
    room: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    version: int = 1

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of the files, without the partition column."""
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])

    @property
    def frame_schema(self) -> pl.Schema:
        """The same as a polars schema."""
        return pl.Schema(self.schema)

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the columns that are places."""
        return tuple(column.name for column in self.columns if column.is_place)

    @property
    def description(self) -> str:
        """The sentence that opens every description of this table."""
        return f"One row per {self.grain}."


INT = pa.int32()
REAL = pa.float64()
TEXT = pa.string()
FLAG = pa.bool_()
