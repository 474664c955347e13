"""The one place where everything meets: assets, checks, resources, jobs."""

from dagster import AssetSelection, Definitions, define_asset_job, in_process_executor, load_assets_from_modules

import assets.activations
import assets.answers
import assets.calibration
import assets.captions
import assets.closed_concepts
import assets.evidence
import assets.figures
import assets.interpretability
import assets.labels
import assets.open_concepts
import assets.probing
import assets.pruning
import assets.summaries
import assets.target
import assets.top_clips
import assets.warehouse
from assets.specs import DISSECTIONS
from dagster_and.foundation.home import Home
from dagster_and.foundation.rooms import ROOMS, group_name
from dagster_and.resources import Dbt, House
from dagster_and.warehouse.building import DBT, DBT_PROJECT
from data_tests.answered import answers_usable
from data_tests.chance import target_above_chance
from data_tests.checks import build_checks

MODULES = (
    assets.probing,
    assets.captions,
    assets.target,
    assets.activations,
    assets.top_clips,
    assets.summaries,
    assets.calibration,
    assets.closed_concepts,
    assets.open_concepts,
    assets.interpretability,
    assets.labels,
    assets.evidence,
    assets.pruning,
    assets.answers,
    assets.warehouse,
    assets.figures,
)
PYTHON_ROOMS = ROOMS[: ROOMS.index("staging")]
SQL_ROOMS = ROOMS[ROOMS.index("staging") :]

DISSECT = define_asset_job(
    "dissect",
    AssetSelection.groups(*map(group_name, PYTHON_ROOMS)),
    description="Every room of one dissection, from sounds to concepts, with the checks of each table.",
)
BUILD_WAREHOUSE = define_asset_job(
    "build_warehouse",
    AssetSelection.groups(*map(group_name, SQL_ROOMS)),
    description="Every dbt model and its tests over all dissections, then the figures.",
)


def definitions() -> Definitions:
    """Everything that Dagster shows and runs."""
    home = Home.from_environment()
    return Definitions(
        assets=load_assets_from_modules(MODULES),
        asset_checks=[*build_checks(DISSECTIONS), answers_usable(DISSECTIONS), target_above_chance(DISSECTIONS)],
        jobs=[DISSECT, BUILD_WAREHOUSE],
        resources={
            "house": House(root=str(home.root)),
            "dbt": Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=str(DBT)),
        },
        executor=in_process_executor,  # a process per step costs 12 to 26 s each
    )


defs = definitions()
