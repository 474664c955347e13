"""Rooms 7 to 10, in SQL: dbt reads the lake and is the only writer of the warehouse."""

from collections.abc import Iterator, Mapping
from typing import Any

from dagster import AssetExecutionContext
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from dagster_and.home import Home
from dagster_and.resources import House
from dagster_and.rooms import group_name
from dagster_and.warehouse import building, manifest


class RoomTranslator(DagsterDbtTranslator):
    """A model's group is its folder: staging, intermediate, marts, reports."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Group of one dbt node."""
        fqn = dbt_resource_props["fqn"]
        return group_name(fqn[1]) if dbt_resource_props["resource_type"] == "model" else None


@dbt_assets(
    manifest=manifest(Home.from_environment()),
    name="warehouse",
    dagster_dbt_translator=RoomTranslator(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True)),
)
def warehouse(context: AssetExecutionContext, dbt: DbtCliResource, house: House) -> Iterator:
    """Build and test every model in a new file, then swap it in: a reader of the old one is not disturbed."""
    with building(house.home, house.lake):
        yield from dbt.cli(["build"], context=context).stream().fetch_row_counts().fetch_column_metadata()
