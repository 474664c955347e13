"""Warehouses that dbt builds from small lakes, each once a session, as the pipeline does it but without Dagster."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import (
    ACTIVATIONS,
    CONCEPT_PREDICTIONS,
    PROBING_CLIPS,
    REJECTED_CLIPS,
    TABLES,
    TOP_CLIPS,
    Table,
)
from dagster_and.warehouse.building import DBT, DBT_PROJECT, building, building_place, dbt_environment
from tests.data_tests.conftest import DISSECTION, clean_lake

__all__ = ["clean_lake"]


MODELS_ONLY = ("--exclude-resource-type", "test", "unit_test")


@dataclass(frozen=True)
class Built:
    """A home with a warehouse, and what dbt said of each node by name: its status, and where it lies."""

    home: Home
    statuses: dict[str, str]
    relations: dict[str, str]
    printed: str

    def rows(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.sql(query).fetchall()

    def frame(self, query: str) -> pl.DataFrame:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.sql(query).pl()


def dbt(home: Home, *arguments: str, **environment: str) -> Built:
    """Run dbt on a home."""
    place = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    done = subprocess.run(
        [DBT, *arguments, *place], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    results = json.loads((home.cache / "dbt" / "run_results.json").read_text())["results"]
    nodes = [result for result in results if not result["unique_id"].startswith("operation.")]  # no hooks
    named = {result["unique_id"].split(".", 2)[2]: result for result in nodes}
    statuses = {name: result["status"] for name, result in named.items()}
    relations = {name: result["relation_name"] for name, result in named.items() if result.get("relation_name")}
    return Built(home, statuses, relations, done.stdout.partition("Completed with")[2] + done.stderr)


def build(home: Home, *arguments: str) -> Built:
    """What the asset ``warehouse`` does: build beside the old warehouse, test, and swap if all went well."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*dbt_environment(home), "AND_DISSECTIONS", "AND_KEPT", "AND_KEPT_WAREHOUSE", "AND_MADE_FROM"]:
            patch.setenv(name, "")  # put back at the end, since building() sets them for the whole process
        with building(home, Lake(home.lake)):
            built = dbt(home, "build", *arguments)
            if bad := {
                name: status for name, status in built.statuses.items() if status not in ("success", "pass", "no-op")
            }:
                raise AssertionError(f"{bad}\n{built.printed}")
        return built


def plant(lake: Lake, clean: Lake, dissection: str, tables: tuple[Table, ...] = TABLES) -> None:
    """Copy the clean tables in as a dissection of that name."""
    for table in tables:
        path = lake.path(table, dissection)
        path.parent.mkdir(parents=True)
        shutil.copy(clean.path(table, DISSECTION), path)


def change(lake: Lake, table: Table, dissection: str, statements: str, stamp: dict[str, Any] | None = None) -> None:
    """Run SQL on a partition, there called ``this``, past the lake's own guards."""
    path = lake.path(table, dissection)
    old = pq.read_schema(path).metadata
    with duckdb.connect(":memory:") as connection:
        connection.register("found", pq.read_table(path, partitioning=None))
        connection.execute("create table this as from found")
        connection.execute(statements)
        rows = connection.sql("from this").to_arrow_table()
    schema = pa.schema([f.with_nullable(f.nullable or rows[f.name].null_count > 0) for f in table.schema])
    metadata = {**old, b"dagster_and.stamp": json.dumps(stamp)} if stamp else old
    pq.write_table(rows.cast(schema).replace_schema_metadata(metadata), path)


BUILD = """
import sys
from pathlib import Path
from dagster_and.foundation.home import Home
from tests.dbt.conftest import build
build(Home(Path(sys.argv[1])))
"""


def build_and_kill(home: Home) -> None:
    """Begin to build, and SIGKILL it and dbt at some moment after the new warehouse has been opened."""
    process = subprocess.Popen([sys.executable, "-c", BUILD, str(home.root)], cwd=REPOSITORY, start_new_session=True)
    deadline = time.monotonic() + 120
    while not building_place(home).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(random.uniform(0, 3))
    was_running = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert was_running
    assert building_place(home).exists()


@dataclass(frozen=True)
class Grown:
    """One home built again and again: empty, with one dissection, killed half way, and with more.

    A reader held the warehouse with one dissection open all the while; another opened it after the kill.
    """

    empty: Built
    before: dict[str, pl.DataFrame]
    read_after_the_kill: list[tuple]
    read_meanwhile: list[tuple]
    after: Built


@pytest.fixture(scope="session")
def grown(clean_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """First ``tiny``; then also ``twin`` (right about its head), ``begun`` (sounds only), ``stale`` (out of step)."""
    # blanks, quotes and brackets: folders have them, and they mean something in SQL and in patterns
    home = Home(tmp_path_factory.mktemp("dbt") / "an auditor's [first] {home}")
    lake = Lake(home.lake)
    empty = build(home, "--exclude-resource-type", "unit_test")
    kept = Home(tmp_path_factory.mktemp("empty"))
    shutil.copy(home.warehouse, kept.warehouse)

    plant(lake, clean_lake, "tiny")
    first = build(home, *MODELS_ONLY)  # every test is run on what comes after
    shown = [name for name in first.statuses if name.startswith(("dim_", "fct_", "rpt_")) and "." not in name]
    before = {name: first.frame(f"from {name}") for name in shown}

    plant(lake, clean_lake, "twin")
    # cosine_cubed names the head's two neurons right at once, wpmi at the second go
    shift = "update this set concept_id = (concept_id + {}) % 3 where similarity {} 'wpmi';"
    change(lake, CONCEPT_PREDICTIONS, "twin", shift.format(2, "!=") + shift.format(1, "="))
    plant(lake, clean_lake, "begun", (PROBING_CLIPS, REJECTED_CLIPS))
    plant(lake, clean_lake, "stale")
    change(lake, TOP_CLIPS, "stale", "", {"key": "new", "inputs": {ACTIVATIONS.name: "an older one"}})
    look = "select distinct dissection from fct_top_clips"
    with duckdb.connect(str(home.warehouse), read_only=True) as reader:
        build_and_kill(home)
        read_after_the_kill = first.rows(look)
        after = build(home)
        read_meanwhile = reader.sql(look).fetchall()
    return Grown(replace(empty, home=kept), before, read_after_the_kill, read_meanwhile, after)


@pytest.fixture(scope="session")
def warehouse(grown: Grown) -> Built:
    return grown.after


@pytest.fixture(scope="session")
def empty(grown: Grown) -> Built:
    return grown.empty
