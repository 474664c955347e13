"""What happens by itself: the warehouse follows the lake, whoever has written to it, and lost runs end.

The first is a sensor, and no condition on each asset: dbt's models are built together, and what the warehouse was made
from is noted in it, so what has changed is known exactly, also where `dissect run` or another machine has written the
tables.
"""

import json
import os
from collections.abc import Mapping, Set

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from dagster._core.storage.tags import PARTITION_NAME_TAG

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.keys import digest
from dagster_and.jobs import BUILD_WAREHOUSE, EVERYTHING, ONLY_CHANGED
from dagster_and.resources import House
from dagster_and.under_way import end_killed
from dagster_and.warehouse.building import what_dissections_are_made_from
from dagster_and.warehouse.reading import dissections_held

IS_ON = os.environ.get("AND_AUTOMATION", "").strip().lower() == "on"
"""A team's deployment says so; elsewhere it is switched on in the UI."""
INTERVAL_S = 60
UNDER_WAY = [
    DagsterRunStatus.NOT_STARTED, DagsterRunStatus.QUEUED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]  # fmt: skip


@sensor(
    job=BUILD_WAREHOUSE,
    minimum_interval_seconds=INTERVAL_S,
    default_status=DefaultSensorStatus.RUNNING if IS_ON else DefaultSensorStatus.STOPPED,
    description="Builds the warehouse once the tables of a dissection have changed and no run is writing them any "
    "more, or a dissection is gone. A build that failed is not tried again before something has changed.",
)
def warehouse_follows_lake(context: SensorEvaluationContext, house: House) -> RunRequest | SkipReason:
    """Ask for a build of what has changed."""
    busy, is_building = _under_way(context.instance)
    if is_building:
        return SkipReason("The warehouse is being built.")
    made_from = what_dissections_are_made_from(house.home, house.lake)
    try:
        held = dissections_held(house.home.warehouse)
    except UserError as error:
        return SkipReason(str(error))
    changed = out_of_date(made_from, held, set(house.lake.dissections()), busy)
    if not changed:
        return SkipReason("The warehouse holds what the lake holds." if not busy else f"Waiting for {_listed(busy)}.")
    asked = digest(made_from, held, changed)
    if asked == context.cursor:
        return SkipReason(f"A build for {_listed(changed)} was asked for already: see how it ended, and start it anew.")
    context.update_cursor(asked)
    return RunRequest(tags={ONLY_CHANGED: json.dumps(changed)})


@sensor(
    minimum_interval_seconds=INTERVAL_S,
    default_status=DefaultSensorStatus.RUNNING,
    description="Tells Dagster of runs whose process is gone, as all are once the code location was restarted: they "
    "have failed, and Dagster starts them again (run_retries).",
)
def lost_runs_end(context: SensorEvaluationContext, house: House) -> SkipReason:
    """End what only seems to go on."""
    ended = end_killed(house.home, context.instance)
    return SkipReason(f"Told to have failed: {_listed(ended)}." if ended else "The process of every run is there.")


def out_of_date(
    made_from: Mapping[str, str], held: Mapping[str, str] | None, in_lake: Set[str], busy: Set[str]
) -> list[str]:
    """Names of dissections of which the warehouse holds other rows than it would, sorted.

    Args:
        made_from: by each dissection that may enter the warehouse what its rows would be made from.
        held: the same as it was when its rows were built; None where the warehouse has to be built anew.
        in_lake: dissections that have tables, also those that are out of step.
        busy: dissections that a run is writing: they are looked at once it is over.
    """
    held = held or {}
    changed = {name for name, key in made_from.items() if held.get(name) != key}
    return sorted((changed | (held.keys() - in_lake)) - busy)


def _under_way(instance: DagsterInstance) -> tuple[set[str], bool]:
    """Dissections that runs are writing or will write, and whether the warehouse is being built or will be."""
    runs = instance.get_runs(filters=RunsFilter(statuses=UNDER_WAY))
    busy = {run.tags[PARTITION_NAME_TAG] for run in runs if PARTITION_NAME_TAG in run.tags}
    return busy, any(run.job_name in (BUILD_WAREHOUSE.name, EVERYTHING.name) for run in runs)


def _listed(names: Set[str] | list[str]) -> str:
    return ", ".join(sorted(names))
