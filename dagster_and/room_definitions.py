"""The rooms in Python: their assets, checks and job. Without dbt, whose graph takes seconds to load."""

from dagster import Definitions, in_process_executor, load_assets_from_modules

import assets.activations
import assets.answers
import assets.calibration
import assets.captions
import assets.closed_concepts
import assets.evidence
import assets.interpretability
import assets.labels
import assets.open_concepts
import assets.probing
import assets.pruning
import assets.summaries
import assets.target
import assets.top_clips
from assets.specs import DISSECTIONS
from dagster_and.foundation.home import Home
from dagster_and.jobs import DISSECT
from dagster_and.resources import House
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
)


def room_definitions() -> Definitions:
    """What Dagster runs of one dissection."""
    home = Home.from_environment()
    return Definitions(
        assets=load_assets_from_modules(MODULES),
        asset_checks=[*build_checks(DISSECTIONS), answers_usable(DISSECTIONS), target_above_chance(DISSECTIONS)],
        jobs=[DISSECT],
        resources={"house": House(root=str(home.root), lake_url=home.lake_url)},
        executor=in_process_executor,  # a process per step costs 12 to 26 s each
    )
