"""Rooms staging to reports, in SQL: dbt reads the lake and is the only writer of the warehouse."""

from collections.abc import Iterator, Mapping
from typing import Any

from dagster import AssetExecutionContext
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets
from dagster_dbt.core.dbt_event_iterator import DbtEventIterator

from dagster_and.home import Home
from dagster_and.progress import progress
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
        build = dbt.cli(["build"], context=context)
        # DuckDB's lock has to be gone before metadata is fetched, and dagster-dbt would spin on a core until then
        events, error = _exhausted(progress(build.stream(), "building the warehouse", "models and tests"))
        yield from DbtEventIterator(iter(events), build).fetch_row_counts().fetch_column_metadata()
        if error:
            raise error


def _exhausted(stream: Iterator) -> tuple[list, Exception | None]:
    """Everything up to the end of the stream, or to the error that ends it."""
    events: list = []
    try:
        events.extend(stream)
    except Exception as error:  # whatever dbt fails with is raised again after its events
        return events, error
    return events, None
