"""The one place where everything meets: assets, checks, resources, jobs."""

from dagster import AssetSelection, Definitions, define_asset_job, in_process_executor, load_assets_from_modules

import assets.activations
import assets.captions
import assets.closed_concepts
import assets.probing
import assets.reports
import assets.target
import assets.top_clips
import assets.warehouse
from assets.specs import DISSECTIONS
from dagster_and.home import Home
from dagster_and.resources import Dbt, House
from dagster_and.warehouse import DBT, DBT_PROJECT
from data_tests.checks import build_checks

ROOM_ASSETS = load_assets_from_modules(
    [
        assets.probing,
        assets.captions,
        assets.target,
        assets.activations,
        assets.top_clips,
        assets.closed_concepts,
    ]
)
SQL_ASSETS = load_assets_from_modules([assets.warehouse, assets.reports])

DISSECT = define_asset_job(
    "dissect",
    AssetSelection.assets(*ROOM_ASSETS),
    partitions_def=DISSECTIONS,
    description="Every room of one dissection, from sounds to concepts, with the checks of each table.",
)
BUILD_WAREHOUSE = define_asset_job(
    "build_warehouse",
    AssetSelection.assets(*SQL_ASSETS),
    description="Every dbt model and its tests over all dissections, then the figures.",
)


def definitions() -> Definitions:
    """Everything that Dagster shows and runs."""
    home = Home.from_environment()
    return Definitions(
        assets=[*ROOM_ASSETS, *SQL_ASSETS],
        asset_checks=build_checks(DISSECTIONS),
        jobs=[DISSECT, BUILD_WAREHOUSE],
        resources={
            "house": House(root=str(home.root)),
            "dbt": Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=str(DBT)),
        },
        executor=in_process_executor,  # a process per step costs 12 to 26 s each
    )


defs = definitions()
