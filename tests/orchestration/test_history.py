"""Dagster's storage holds the last runs of each job and dissection that were started at a prompt, and all others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetKey,
    DagsterInstance,
    Definitions,
    MaterializeResult,
    StaticPartitionsDefinition,
    asset,
    define_asset_job,
)

from dagster_and.foundation.home import Home
from dagster_and.jobs import ATTENDED
from dagster_and.orchestration.history import KEPT, LARGEST_LOG, forget_older, log_of_dbt
from dagster_and.orchestration.running import open_instance, prepare_environment

JOB = "listening"


@asset(
    partitions_def=StaticPartitionsDefinition(["one", "other"]), check_specs=[AssetCheckSpec("sound", asset="heard")]
)
def heard() -> MaterializeResult:
    return MaterializeResult(metadata={"rows": 7}, check_results=[AssetCheckResult(passed=True)])


LISTENING = Definitions(assets=[heard], jobs=[define_asset_job(JOB, [heard])])


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    for name in ("AND_HOME", "AND_LAKE", "AND_POSTGRES", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # what is set below is unset afterwards
    home = Home(tmp_path)
    prepare_environment(home)
    with open_instance(home) as instance:
        yield instance


def listen(instance: DagsterInstance, partition: str, times: int, **tags: str) -> list[str]:
    """Ids of new runs."""
    job = LISTENING.resolve_job_def(JOB)
    return [job.execute_in_process(instance=instance, partition_key=partition, tags=tags).run_id for _ in range(times)]


def test_of_what_was_started_at_a_prompt_the_last_few_stay_and_of_all_else_everything(
    instance: DagsterInstance, tmp_path: Path
):
    attended = {ATTENDED: "yes"}
    by_a_button, of_another = listen(instance, "one", 1), listen(instance, "other", 1, **attended)
    runs = listen(instance, "one", KEPT + 1, **attended)
    for _ in range(2):
        forget_older(JOB, "one", instance)
        assert {run.run_id for run in instance.get_runs()} == {*by_a_button, *of_another, *runs[1:]}
    history = tmp_path / "dagster" / "history" / "runs"
    assert {path.stem for path in history.glob("*-*.db")} == {*by_a_button, *of_another, *runs[1:]}
    assert {path.name for path in (tmp_path / "dagster" / "storage").iterdir()}.isdisjoint(runs[:1])
    history = instance.event_log_storage.get_asset_check_execution_history(
        AssetCheckKey(AssetKey("heard"), "sound"), limit=99
    )
    assert runs[0] not in {found.run_id for found in history}
    latest = instance.get_latest_materialization_event(AssetKey("heard"))
    assert latest
    assert latest.run_id == runs[-1]
    assert instance.get_materialized_partitions(AssetKey("heard")) == {"one", "other"}


def test_a_log_that_has_grown_long_is_begun_anew_and_the_one_before_is_kept(tmp_path: Path):
    home = Home(tmp_path)
    with log_of_dbt(home).open("a") as log:
        log.write("x" * (LARGEST_LOG + 1))
    assert not log_of_dbt(home).exists()
    assert (tmp_path / "dbt.log.1").stat().st_size > LARGEST_LOG
    log_of_dbt(home).write_text("short")
    assert log_of_dbt(home).read_text() == "short"
