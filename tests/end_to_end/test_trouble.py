"""Kills, neighbours, readers, dirt: a dissection comes through, or says why not."""

import random
import shutil
from dataclasses import dataclass

import duckdb
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from dagster_and.method.tables import TOP_CLIPS
from tests.end_to_end.conftest import OTHER, House, Run, finish

pytestmark = pytest.mark.timeout(1500)


@dataclass(frozen=True)
class Together:
    """Two dissections run at once in two processes, and what a third saw in the warehouse that it held open."""

    house: House
    outputs: dict[str, tuple[int, str]]
    seen: list[tuple]


@dataclass(frozen=True)
class Killed:
    """A dissection killed in its rooms, and while dbt was building; what the warehouse held then; the run after."""

    in_the_warehouse: list[tuple]
    run: Run


@pytest.fixture(scope="module")
def together(house: House, second_run: object, tmp_path_factory: pytest.TempPathFactory) -> Together:
    """On a home where nothing is yet but an older warehouse, which is being read all the while."""
    fresh = House(tmp_path_factory.mktemp("together"))
    fresh.add("tiny")
    fresh.add("other", OTHER)
    shutil.copy(house.home.warehouse, fresh.home.warehouse)
    with duckdb.connect(str(fresh.home.warehouse), read_only=True) as reader:
        processes = {name: fresh.start("run", name) for name in ("tiny", "other")}
        printed = {name: finish(process) for name, process in processes.items()}
        seen = reader.sql("select distinct dissection from dim_neurons").fetchall()
    return Together(fresh, {name: (p.returncode, printed[name]) for name, p in processes.items()}, seen)


@pytest.fixture(scope="module")
def killed(house: House, second_run: object) -> Killed:
    house.add("other", OTHER)
    house.dissect_and_kill("run", "other", after_line="probing_clips", after_s=random.uniform(0, 1))
    house.dissect_and_kill("run", "other", after_line="warehouse", after_s=random.uniform(1, 4))
    meanwhile = house.sql("select distinct dissection from dim_neurons")
    return Killed(meanwhile, house.dissect("run", "other"))


def test_two_at_once_both_end_well(together: Together):
    assert {name: code for name, (code, _) in together.outputs.items()} == {"tiny": 0, "other": 0}, together.outputs


def test_both_are_in_the_warehouse_at_the_end(together: Together):
    query = "select dissection, count(*) from dim_neurons group by 1 order by 1"
    assert together.house.sql(query) == [("other", 106), ("tiny", 106)]


def test_the_reader_was_not_disturbed(together: Together):
    assert together.seen == [("tiny",)]


@pytest.mark.parametrize("name", ["tiny", "other"])
def test_equal_files_give_equal_tables(name: str, together: Together, killed: Killed, house: House):
    """With a neighbour or without, at one go or after two kills, and wherever the home lies."""
    here, there = house.tables(name), together.house.tables(name)
    for table, frame in here.items():
        assert_frame_equal(frame, there[table])


def test_a_kill_leaves_the_old_warehouse(killed: Killed):
    assert killed.in_the_warehouse == [("tiny",)]


def test_after_a_kill_the_same_command_goes_on(killed: Killed, house: House):
    assert killed.run.code == 0, killed.run.printed
    assert house.sql("select distinct dissection from dim_neurons order by 1") == [("other",), ("tiny",)]


def test_a_kill_leaves_nothing_half_written(killed: Killed, house: House):
    """What it was writing lies beside the tables under another name, at worst; what was being built is gone."""
    assert house.lake.stale_tables("other") == []
    assert list((house.home.root / ".building").iterdir()) == []


def test_neither_asked_the_network(together: Together):
    assert not together.house.network_log.exists()


def test_dirt_in_a_table_ends_in_exit_code_1(together: Together):
    """A table that somebody changed by hand keeps its stamp, so it is not made anew; its check finds it."""
    house = together.house
    path = house.lake.path(TOP_CLIPS, "tiny")
    clean = path.read_bytes()
    table = pq.read_table(path, partitioning=None)
    ranks = table["rank"].to_numpy() + 1
    pq.write_table(table.set_column(2, table.schema.field("rank"), [ranks]), path)
    assert house.stamps("tiny")[TOP_CLIPS.name] is not None
    run = house.dissect("run", "tiny")
    path.write_bytes(clean)
    assert run.code == 1
    assert "check failed" in run.printed
    assert "top_clips_suite" in run.printed
