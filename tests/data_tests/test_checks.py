"""The suites as Dagster runs them: in a partitioned job, between a table and what is downstream of it."""

from pathlib import Path

import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetSelection,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
    StaticPartitionsDefinition,
    asset,
    define_asset_job,
)

from dagster_and.lake.store import Lake
from dagster_and.lake.tables import CONCEPTS, TABLES, TARGETS
from dagster_and.resources import House
from data_tests.checks import FAILURES_SHOWN, build_checks, markdown, suite_check
from data_tests.suite import read_suite
from data_tests.validation import BAD_ROWS_SHOWN, Failure

DISSECTIONS = StaticPartitionsDefinition(["tiny", "other"])
DIRT = "update this set concept = 'dog', concept_id = 7 where concept_id = 1"


@asset(name=CONCEPTS.name, partitions_def=DISSECTIONS)
def concepts():
    """Stands for the room that wrote the table."""


@asset(deps=[concepts], partitions_def=DISSECTIONS)
def downstream():
    """Must not run on dirt."""


def house(lake: Lake, home: Path) -> House:
    home.mkdir(exist_ok=True)
    (home / "lake").symlink_to(lake.root)
    return House(root=str(home))


def definitions(lake: Lake, home: Path) -> Definitions:
    return Definitions(
        assets=[concepts, downstream],
        asset_checks=[suite_check(CONCEPTS, DISSECTIONS)],
        jobs=[
            define_asset_job("everything", AssetSelection.assets(concepts, downstream)),
            define_asset_job("checks", AssetSelection.all_asset_checks()),
        ],
        resources={"house": house(lake, home)},
    )


def run(defs: Definitions, job: str, partition: str | None, instance: DagsterInstance | None = None):
    return defs.resolve_job_def(job).execute_in_process(
        partition_key=partition, raise_on_error=False, instance=instance
    )


def materialised(result: ExecuteInProcessResult) -> set[str]:
    events = result.all_events
    return {e.asset_key.to_user_string() for e in events if e.is_step_materialization and e.asset_key}


def test_a_clean_table_lets_downstream_run(clean_lake: Lake, tmp_path: Path):
    result = run(definitions(clean_lake, tmp_path / "home"), "everything", "tiny")
    (check,) = result.get_asset_check_evaluations()
    assert result.success
    assert check.passed
    assert check.check_name == "concepts_suite"
    assert check.description == "All 10 expectations hold for 3 rows."
    assert (check.metadata["expectations"].value, check.metadata["rows"].value) == (10, 3)
    assert materialised(result) == {"concepts", "downstream"}


def test_dirt_stops_at_the_check(soil, tmp_path: Path):
    result = run(definitions(soil(CONCEPTS, DIRT), tmp_path / "home"), "everything", "tiny")
    (check,) = result.get_asset_check_evaluations()
    assert not result.success
    assert not check.passed
    assert check.blocking
    assert "expect_column_values_to_be_unique(concept) fails, 2 of 3 rows" in str(check.description)
    assert "expect_column_pair_values_a_to_be_greater_than_b(n_rows, concept_id)" in str(check.description)
    table = str(check.metadata["failures"].value)
    assert "concept_id=7, concept='dog'" in table
    assert materialised(result) == {"concepts"}


def test_dagster_keeps_one_verdict_a_dissection(soil, clean_lake: Lake, tmp_path: Path):
    lake = soil(CONCEPTS, DIRT)
    other = lake.root / "concepts" / "dissection=other"
    other.symlink_to(clean_lake.root / "concepts" / "dissection=tiny")
    defs = definitions(lake, tmp_path / "home")
    with DagsterInstance.ephemeral() as instance:
        assert not run(defs, "everything", "tiny", instance).success
        assert run(defs, "everything", "other", instance).success
        key = AssetCheckKey(AssetKey([CONCEPTS.name]), "concepts_suite")
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    assert {record.partition: record.status.value for record in records} == {"tiny": "FAILED", "other": "SUCCEEDED"}


def test_without_a_partition_every_dissection_is_checked(soil, clean_lake: Lake, tmp_path: Path):
    lake = soil(CONCEPTS, DIRT)
    other = lake.root / "concepts" / "dissection=other"
    other.symlink_to(clean_lake.root / "concepts" / "dissection=tiny")
    (check,) = run(definitions(lake, tmp_path / "home"), "checks", None).get_asset_check_evaluations()
    assert not check.passed
    assert check.metadata["rows"].value == 6
    assert "tiny: " in str(check.description)
    assert "other: " not in str(check.description)


def test_an_empty_lake_is_no_pass(tmp_path: Path):
    (check,) = run(
        definitions(Lake(tmp_path / "none"), tmp_path / "home"), "checks", None
    ).get_asset_check_evaluations()
    assert not check.passed
    assert "nothing to check" in str(check.description)


def test_every_table_has_one_blocking_check():
    specs = [spec for check in build_checks(DISSECTIONS) for spec in check.check_specs]
    assert [(spec.asset_key.to_user_string(), spec.name) for spec in specs] == [
        (table.name, f"{table.name}_suite") for table in TABLES
    ]
    assert all(spec.blocking and spec.partitions_def == DISSECTIONS for spec in specs)


@pytest.mark.parametrize("text", ["a|b", "a\nb", "x" * 10_000])
def test_the_table_of_failures_is_bounded_and_whole(text: str):
    rows = tuple({"target": text} for _ in range(BAD_ROWS_SHOWN))
    failure = Failure(read_suite(TARGETS).expectations[0], "10 of 10 rows", 10, rows)
    shown = markdown([("tiny", failure)] * (FAILURES_SHOWN + 5))
    assert len(shown) < 100_000
    assert shown.endswith("and 5 more")
    assert {line.replace("\\|", "").count("|") for line in shown.splitlines() if line.startswith("|")} == {6}
