"""Checks that warn, and stop nothing."""

import warnings
from collections.abc import Callable

import polars as pl
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetKey,
    PartitionsDefinition,
    PreviewWarning,
    asset_check,
)

from dagster_and.lake.tables import Table
from dagster_and.resources import House


def warning_check(
    table: Table, name: str, description: str, judge: Callable[[list[pl.DataFrame]], AssetCheckResult],
    partitions_def: PartitionsDefinition | None,
) -> AssetChecksDefinition:  # fmt: skip
    """A check of the table of one dissection in a partitioned run, else of every one that has it.

    Args:
        table: its asset's key is its name.
        name: of the check.
        description: what should hold.
        judge: the verdict on the tables, one per dissection.
        partitions_def: the asset's own, so that Dagster keeps one verdict per dissection.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PreviewWarning)  # as for the suites, see checks.py

        @asset_check(asset=AssetKey([table.name]), name=name, description=description, partitions_def=partitions_def)
        def check(context: AssetCheckExecutionContext, house: House) -> AssetCheckResult:
            names = [context.partition_key] if context.has_partition_key else house.lake.dissections()
            present = [one for one in names if house.lake.has(table, one)]
            return judge([house.lake.read(table, one) for one in present])

    return check
