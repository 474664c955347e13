"""Rooms 7 to 10, in SQL: dbt reads the lake and is the only writer of the warehouse."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from dagster import AssetExecutionContext
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from dagster_and.resources import House
from dagster_and.rooms import group_name
from dagster_and.warehouse import build_arguments, building, manifest


class RoomTranslator(DagsterDbtTranslator):
    """A model's group is its folder: staging, intermediate, marts, reports."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Group of one dbt node."""
        fqn = dbt_resource_props["fqn"]
        return group_name(fqn[1]) if dbt_resource_props["resource_type"] == "model" else None


@dbt_assets(
    manifest=manifest(),
    name="warehouse",
    dagster_dbt_translator=RoomTranslator(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True)),
)
def warehouse(context: AssetExecutionContext, dbt: DbtCliResource, house: House) -> Iterator:
    """Build and test every model in a new file, then swap it in: a reader of the old one is not disturbed."""
    with building(house.lake, house.home.warehouse) as next_file:
        os.environ["AND_WAREHOUSE"] = str(next_file)
        run = dbt.cli(build_arguments(house.lake), context=context)
        yield from run.stream().fetch_row_counts().fetch_column_metadata()
