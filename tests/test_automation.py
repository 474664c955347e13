"""The sensors, by which the warehouse follows the lake and lost runs end: ticks against a real instance and lake."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    RunRequest,
    SensorDefinition,
    SkipReason,
    build_sensor_context,
    job,
    op,
)

from dagster_and.automation import lost_runs_end, out_of_date, warehouse_follows_lake
from dagster_and.foundation.home import Home
from dagster_and.jobs import BUILD_WAREHOUSE, DISSECT, ONLY_CHANGED
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import CONCEPTS
from dagster_and.resources import House
from dagster_and.under_way import under_way
from dagster_and.warehouse.building import what_dissections_are_made_from

FRAME = pl.DataFrame({"concept_id": [0], "concept": ["dog"], "label": [None]})


class Watched:
    """A home, and what the sensor says of it, tick after tick."""

    def __init__(self, root: Path, instance: DagsterInstance):
        self.home, self.lake, self.instance = Home(root), Lake(Home(root).lake), instance
        self.cursor: str | None = None

    def write(self, dissection: str, key: str) -> None:
        self.lake.write(CONCEPTS, dissection, FRAME, Stamp(key, {}))

    def build(self) -> None:
        """A warehouse as a build leaves it: it notes what it was made from."""
        self.home.warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(self.home.warehouse)) as connection:
            connection.execute("create schema building")
            connection.execute("create table building.dissections (dissection varchar, made_from varchar)")
            for row in what_dissections_are_made_from(self.home, self.lake).items():
                connection.execute("insert into building.dissections values (?, ?)", row)

    def tick(self) -> list[str] | str:
        """Which dissections a build is asked for, or why none is."""
        return self.look(warehouse_follows_lake)

    def look(self, sensor: SensorDefinition) -> list[str] | str:
        resources = {"house": House(root=str(self.home.root))}
        with build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            said = sensor(context)
            self.cursor = context.cursor
        if isinstance(said, RunRequest):
            return json.loads(said.tags[ONLY_CHANGED])
        assert isinstance(said, SkipReason)
        return said.skip_message or ""

    def begin(self, job_name: str, partition: str | None = None) -> str:
        """A run of that job that is under way."""

        @op
        def nothing() -> None:
            pass

        @job(name=job_name)
        def begun() -> None:
            nothing()

        tags = {"dagster/partition": partition} if partition else {}
        return self.instance.create_run_for_job(begun, tags=tags, status=DagsterRunStatus.STARTED).run_id

    def end(self, run_id: str) -> None:
        run = self.instance.get_run_by_id(run_id)
        assert run
        self.instance.report_run_failed(run)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with DagsterInstance.ephemeral() as instance:
        yield Watched(tmp_path, instance)


def test_an_empty_lake_asks_for_nothing(watched: Watched):
    assert watched.tick() == "The warehouse holds what the lake holds."


def test_a_new_dissection_is_asked_for_once(watched: Watched):
    watched.write("one", "a")
    assert watched.tick() == ["one"]
    assert "was asked for already" in watched.tick()
    watched.build()
    assert watched.tick() == "The warehouse holds what the lake holds."


def test_a_changed_table_is_asked_for_and_so_is_one_that_changes_back(watched: Watched):
    for name in ("one", "two"):
        watched.write(name, "a")
    watched.build()
    for key in ("b", "a", "b"):
        watched.write("two", key)
        assert watched.tick() == ["two"]
        watched.build()


def test_a_dissection_that_is_gone_is_asked_for(watched: Watched):
    for name in ("one", "two"):
        watched.write(name, "a")
    watched.build()
    watched.lake.path(CONCEPTS, "two").unlink()
    assert watched.tick() == ["two"]


def test_a_dissection_that_a_run_is_writing_is_waited_for(watched: Watched):
    watched.write("one", "a")
    run_id = watched.begin(DISSECT.name, "one")
    assert watched.tick() == "Waiting for one."
    watched.write("two", "a")
    assert watched.tick() == ["two"]
    watched.end(run_id)
    assert watched.tick() == ["one", "two"]


def test_two_builds_are_not_asked_for_at_once(watched: Watched):
    watched.write("one", "a")
    run_id = watched.begin(BUILD_WAREHOUSE.name)
    assert watched.tick() == "The warehouse is being built."
    watched.end(run_id)
    assert watched.tick() == ["one"]


def test_a_broken_warehouse_is_built_anew(watched: Watched):
    watched.write("one", "a")
    watched.build()
    watched.home.warehouse.write_bytes(b"no database")
    assert watched.tick() == ["one"]


def test_a_run_whose_process_is_gone_has_failed_and_one_that_lives_goes_on(watched: Watched):
    lost, alive = (watched.begin(DISSECT.name, name) for name in ("one", "two"))
    folder = watched.home.dagster / "under_way"
    folder.mkdir(parents=True)
    (folder / lost).touch()
    with under_way(watched.home, alive):
        assert watched.look(lost_runs_end) == f"Told to have failed: {lost}."
        assert watched.look(lost_runs_end) == "The process of every run is there."
    runs = {run.run_id: run.status for run in watched.instance.get_runs()}
    assert runs == {lost: DagsterRunStatus.FAILURE, alive: DagsterRunStatus.STARTED}


@pytest.mark.parametrize(
    ("made_from", "held", "in_lake", "busy", "expected"),
    [
        ({"a": "1"}, None, {"a"}, set(), ["a"]),
        ({"a": "1"}, {"a": "1"}, {"a"}, set(), []),
        ({"a": "2", "b": "1"}, {"a": "1", "b": "1"}, {"a", "b"}, {"a"}, []),
        ({}, {"a": "1"}, {"a"}, set(), []),  # out of step: it waits for the run that mends it
        ({}, {"a": "1"}, set(), set(), ["a"]),
    ],
)
def test_what_is_out_of_date(made_from, held, in_lake, busy, expected):
    assert out_of_date(made_from, held, in_lake, busy) == expected
