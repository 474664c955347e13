"""Rooms staging to reports, in SQL: dbt reads the lake and is the only writer of the warehouse."""

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    Output,
    TableColumn,
    TableColumnDep,
    TableColumnLineage,
    TableSchema,
)
from dagster_dbt import (
    DagsterDbtCliRuntimeError,
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    dbt_assets,
)
from packaging.version import Version

from dagster_and.catalogue import OWNERS, WAREHOUSE, tags
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.foundation.progress import progress
from dagster_and.foundation.rooms import group_name
from dagster_and.jobs import ONLY_CHANGED
from dagster_and.resources import House, in_words
from dagster_and.warehouse.building import BUILDS, LONGEST_SAID, Build, LakeChangedError, building, manifest
from dagster_and.warehouse.built_models import BuiltModel, built_models


class Dbt(DbtCliResource):
    """dbt of this environment. Its version is read from the installed package: asking ``dbt --version`` starts a second
    process for seconds, and that one asks the package index.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(importlib.metadata.version("dbt-core"))


def _room(dbt_resource_props: Mapping[str, Any]) -> str | None:
    return dbt_resource_props["fqn"][1] if dbt_resource_props["resource_type"] == "model" else None


class RoomTranslator(DagsterDbtTranslator):
    """A model's room is its folder: staging, intermediate, marts, reports."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Group of one dbt node."""
        room = _room(dbt_resource_props)
        return group_name(room) if room else None

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        """Who looks after it: whoever looks after all the rest."""
        return list(OWNERS)

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """Tags of one dbt node."""
        room = _room(dbt_resource_props)
        return tags(room) if room else {}


@dbt_assets(
    manifest=manifest(Home.from_environment()),
    name="warehouse",
    dagster_dbt_translator=RoomTranslator(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True)),
    pool=WAREHOUSE,
)
def warehouse(context: AssetExecutionContext, dbt: DbtCliResource, house: House) -> Iterator:
    """Build and test every model for the dissections that have changed, then swap in a file that holds the others, too:
    a reader of the old one is not disturbed.

    Raises:
        Failure: only some of the models are asked for, or another program holds the warehouse for writing.
    """
    with in_words():
        if context.is_subset:
            raise UserError("dbt's models are built together, since they share a file: materialise all of `warehouse`.")
        yield from _repeated(context, dbt, house)


def _repeated(context: AssetExecutionContext, dbt: DbtCliResource, house: House) -> Iterator:
    """The events of a build; one is begun anew where the lake has changed meanwhile."""
    for left in reversed(range(BUILDS)):
        events: list = []
        try:
            with building(house.home, house.lake, only_changed=ONLY_CHANGED in context.run.tags) as build_of:
                error = _built(context, dbt, house, build_of, events)
                if error:
                    raise _told_by_dbt(error, house.home) from error
        except LakeChangedError:
            if left:
                continue
            raise
        except Exception:
            yield from events
            raise
        yield from events
        return


def _built(
    context: AssetExecutionContext, dbt: DbtCliResource, house: House, build_of: Build, events: list
) -> Exception | None:
    """Run dbt, and add what it says of every model and test to the events; returns what it failed with."""
    # dbt's unit tests are about the models' SQL, not about this lake: they run where the code is tested
    build = dbt.cli(["build", "--exclude-resource-type", "unit_test"], context=context)
    # DuckDB's lock has to be gone before the new file can be looked into
    said, error = _exhausted(progress(build.stream(), "building the warehouse", "models and tests"))
    if any(isinstance(event, Output) for event in said):
        remembered, compiled = house.home.cache / "lineage.json", build.target_path / "compiled"
        models = built_models(build_of.place, build.manifest, compiled, remembered, house.lake.storage.let_read)
        key = cache(lambda node: build.dagster_dbt_translator.get_asset_spec(build.manifest, node, None).key)
        said = [_described(event, models, key, build_of) for event in said]
    events += said
    return error


def _told_by_dbt(error: Exception, home: Home) -> Exception:
    """What dbt failed with, as a sentence; an error of somebody else's as it is."""
    if not isinstance(error, DagsterDbtCliRuntimeError):
        return error
    said = " ".join(str(error).rpartition("Errors parsed from dbt logs:")[2].split())[:LONGEST_SAID].rstrip(".")
    return UserError(
        f"dbt could not build the warehouse ({said}): its own words stand in {home.root / 'dbt.log'}, or in "
        "Dagster's log of the step; the warehouse is as it was before."
    )


def _described(event: Any, models: Mapping[str, BuiltModel], key: Callable[[str], AssetKey], build: Build) -> Any:
    """A model's event with rows, columns and column lineage, as ``dagster/...`` metadata, and whose rows were built and
    tested now; any other as it is.
    """
    if not isinstance(event, Output):
        return event
    model = models[str(event.metadata["unique_id"].value)]
    columns = [TableColumn(name, kind, description=model.descriptions.get(name)) for name, kind in model.types.items()]
    shown: dict[str, Any] = {
        "dagster/column_schema": TableSchema(columns),
        "built": ", ".join(build.built),
        "kept": ", ".join(build.kept),
    }
    if model.rows is not None:
        shown["dagster/row_count"] = model.rows
    if model.lineage is not None:
        shown["dagster/column_lineage"] = TableColumnLineage(
            {c: [TableColumnDep(key(node), name) for node, name in origins] for c, origins in model.lineage.items()}
        )
    return event.with_metadata({**event.metadata, **shown})


def _exhausted(stream: Iterator) -> tuple[list, Exception | None]:
    """Everything up to the end of the stream, or to the error that ends it."""
    events: list = []
    try:
        events.extend(stream)
    except Exception as error:  # whatever dbt fails with is raised again after its events
        return events, error
    return events, None
