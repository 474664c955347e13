"""A network near chance is said to be one, and stops nothing."""

from pathlib import Path

import pytest
from dagster import AssetCheckSeverity, AssetSelection, Definitions, StaticPartitionsDefinition, asset, define_asset_job

from assets.target import shown
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import TARGETS
from dagster_and.resources import House
from data_tests.chance import target_above_chance
from tests.data_tests.conftest import DISSECTION

DISSECTIONS = StaticPartitionsDefinition([DISSECTION])
CLEAN = "update this set held_out_clips = 40, held_out_accuracy = 0.8, chance_accuracy = 0.1"
NEAR = "update this set held_out_clips = 40, held_out_accuracy = 0.15, chance_accuracy = 0.1"
NO_HEAD = "update this set classes = null, held_out_accuracy = null"
NO_FOLD = "update this set held_out_fold = null, held_out_accuracy = null"


@asset(name=TARGETS.name, partitions_def=DISSECTIONS)
def targets():
    """Stands for the room that trained it."""


@asset(deps=[targets], partitions_def=DISSECTIONS)
def downstream():
    """Runs whatever the network is worth."""


def run(lake: Lake, root: Path, partition: str | None = DISSECTION):
    root.mkdir()
    (root / "lake").symlink_to(lake.root)
    kept = AssetSelection.all() if partition else AssetSelection.all_asset_checks()
    defs = Definitions(
        assets=[targets, downstream],
        asset_checks=[target_above_chance(DISSECTIONS)],
        jobs=[define_asset_job("job", kept)],
        resources={"house": House(root=str(root))},
    )
    return defs.resolve_job_def("job").execute_in_process(partition_key=partition, raise_on_error=False)


@pytest.mark.parametrize(
    ("dirty", "passed", "said"),
    [
        (CLEAN, True, "The network lies above chance: 80.0% of 40"),
        (NEAR, False, "a network that is about as good as guessing"),
        (NO_HEAD, True, "can't be judged: it has no head"),
        (NO_FOLD, True, "can't be judged: no fold is known"),
    ],
)
def test_only_a_network_near_chance_warns_and_none_stops_a_run(
    soil, tmp_path: Path, dirty: str, passed: bool, said: str
):
    result = run(soil(TARGETS, dirty), tmp_path / "home")
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (passed, AssetCheckSeverity.WARN)
    assert said in check.description
    assert result.success
    assert downstream.key in {e.asset_key for e in result.all_events if e.is_step_materialization}


def test_without_a_partition_every_dissection_is_judged(soil, tmp_path: Path):
    (check,) = run(soil(TARGETS, NEAR), tmp_path / "home", partition=None).get_asset_check_evaluations()
    assert not check.passed
    assert check.metadata["networks"].value >= 1


def test_the_metadata_of_targets_says_what_the_network_is_worth(soil):
    near = shown(soil(TARGETS, NEAR).read(TARGETS, DISSECTION).row(0, named=True))
    assert near["is_near_chance"] is True
    assert near["held_out_accuracy_low"] < 0.1 < near["held_out_accuracy_high"]


def test_the_metadata_of_targets_says_why_a_network_cannot_be_judged(soil):
    headless = shown(soil(TARGETS, NO_HEAD).read(TARGETS, DISSECTION).row(0, named=True))
    assert "is_near_chance" not in headless
    assert "no head" in headless["worth"]
