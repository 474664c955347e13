"""Kills, neighbours, readers, dirt: a dissection comes through, or says why not."""

import random
import shutil
from dataclasses import dataclass

import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from dagster_and.method.tables import TOP_CLIPS
from tests.end_to_end.conftest import House, Run, Together

pytestmark = pytest.mark.timeout(1500)


@dataclass(frozen=True)
class Killed:
    """A dissection killed in its rooms, and while dbt was building; what the warehouse held then; the run after."""

    house: House
    in_the_warehouse: list[tuple]
    run: Run


@pytest.fixture(scope="module")
def killed(house: House, second_run: object, tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """On a home of its own with the other's warehouse."""
    alone = House(tmp_path_factory.mktemp("killed"))
    alone.add("tiny")
    shutil.copy(house.home.warehouse, alone.home.warehouse)
    alone.dissect_and_kill("run", "tiny", after_line="probing_clips", after_s=random.uniform(0, 1))
    alone.dissect_and_kill("run", "tiny", after_line="warehouse", after_s=random.uniform(1, 4))
    meanwhile = alone.sql("select distinct dissection from dim_neurons order by 1")
    return Killed(alone, meanwhile, alone.dissect("run", "tiny"))


def test_two_at_once_both_end_well(together: Together):
    assert {name: run.code for name, run in together.runs.items()} == {"tiny": 0, "other": 0}, together.runs


def test_both_are_in_the_warehouse_at_the_end(house: House, together: Together):
    query = "select dissection, count(*) from dim_neurons group by 1 order by 1"
    assert house.sql(query) == [("other", 106), ("tiny", 106)]


def test_the_reader_was_not_disturbed(together: Together):
    assert together.seen == [("older",)]


def test_equal_files_give_equal_tables(house: House, killed: Killed):
    """With a neighbour or without, at one go or after two kills, and wherever the home lies."""
    here, there = house.tables("tiny"), killed.house.tables("tiny")
    for table, frame in here.items():
        assert_frame_equal(frame, there[table])


def test_a_kill_leaves_the_old_warehouse(killed: Killed):
    assert killed.in_the_warehouse == [("other",), ("tiny",)]


def test_after_a_kill_the_same_command_goes_on(killed: Killed):
    assert killed.run.code == 0, killed.run.printed
    assert killed.house.sql("select distinct dissection from dim_neurons") == [("tiny",)]


def test_a_kill_leaves_nothing_half_written(killed: Killed):
    """What it was writing lies beside the tables under another name, at worst; what was being built is gone."""
    assert killed.house.lake.stale_tables("tiny") == []
    assert list((killed.house.home.root / ".building").iterdir()) == []


def test_dirt_in_a_table_ends_in_exit_code_1(house: House, second_run: object):
    """A table that somebody changed by hand keeps its stamp, so it is not made anew; its check finds it."""
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
