"""What every asset that writes a table has in common."""

from collections.abc import Callable, Sequence
from typing import Any

from dagster import AssetSpec, StaticPartitionsDefinition, asset

from dagster_and.dissection import load_all
from dagster_and.foundation.home import Home
from dagster_and.foundation.rooms import group_name
from dagster_and.lake.tables import Table
from dagster_and.resources import column_schema, priority

DISSECTIONS = StaticPartitionsDefinition(sorted(load_all(Home.from_environment())[0]))
"""One partition a dissection file; a new file shows up when the code location is reloaded."""


def table_spec(
    table: Table, *, deps: Sequence[Table] = (), code_version: str, kinds: Sequence[str] = (), note: str = ""
) -> AssetSpec:
    """The asset of one Parquet table: its key is the table's name, its group the room."""
    return AssetSpec(
        table.name,
        deps=[dep.name for dep in deps],
        description=" ".join(filter(None, [table.description, note])),
        group_name=group_name(table.room),
        kinds={"parquet", *kinds},
        code_version=code_version,
        metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": table.name},
        partitions_def=DISSECTIONS,
    )


def table_asset(table: Table, **spec: Any) -> Callable:
    """Decorator for the asset of one table; arguments as :func:`table_spec`."""
    described = table_spec(table, **spec)
    return asset(
        key=described.key,
        deps=list(described.deps),
        description=described.description,
        group_name=described.group_name,
        kinds=described.kinds,
        code_version=described.code_version,
        metadata=described.metadata,
        op_tags=priority(table),
        partitions_def=DISSECTIONS,
    )
