"""The one place where everything meets: the rooms in Python, those in SQL, and the figures."""

from dagster import Definitions, load_assets_from_modules

import assets.figures
import assets.warehouse
from assets.warehouse import Dbt
from dagster_and.automation import lost_runs_end, warehouse_follows_lake
from dagster_and.jobs import BUILD_WAREHOUSE, DISSECT, EVERYTHING, PRUNING_ONLY, WORDS_ONLY
from dagster_and.room_definitions import room_definitions
from dagster_and.warehouse.building import DBT, DBT_PROJECT

__all__ = ["BUILD_WAREHOUSE", "DISSECT", "definitions", "defs"]


def definitions() -> Definitions:
    """Everything that Dagster shows and runs."""
    in_sql = Definitions(
        assets=load_assets_from_modules([assets.warehouse, assets.figures]),
        jobs=[WORDS_ONLY, PRUNING_ONLY, BUILD_WAREHOUSE, EVERYTHING],
        sensors=[lost_runs_end, warehouse_follows_lake],
        resources={"dbt": Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=str(DBT))},
    )
    return Definitions.merge(room_definitions(), in_sql)


defs = definitions()
