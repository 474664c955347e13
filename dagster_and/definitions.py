"""The one place where everything meets: the rooms in Python, those in SQL, and the figures."""

from dagster import AssetSelection, Definitions, define_asset_job, load_assets_from_modules

import assets.figures
import assets.warehouse
from assets.warehouse import Dbt
from dagster_and.foundation.rooms import ROOMS, group_name
from dagster_and.room_definitions import DISSECT, PYTHON_ROOMS, room_definitions
from dagster_and.warehouse.building import DBT, DBT_PROJECT

__all__ = ["BUILD_WAREHOUSE", "DISSECT", "definitions", "defs"]

SQL_ROOMS = ROOMS[len(PYTHON_ROOMS) :]
BUILD_WAREHOUSE = define_asset_job(
    "build_warehouse",
    AssetSelection.groups(*map(group_name, SQL_ROOMS)),
    description="Every dbt model and its tests over all dissections, then the figures.",
)


def definitions() -> Definitions:
    """Everything that Dagster shows and runs."""
    in_sql = Definitions(
        assets=load_assets_from_modules([assets.warehouse, assets.figures]),
        jobs=[BUILD_WAREHOUSE],
        resources={"dbt": Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=str(DBT))},
    )
    return Definitions.merge(room_definitions(), in_sql)


defs = definitions()
