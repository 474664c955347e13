"""Kills, neighbours, readers, dirt: a dissection comes through, or says why not."""

import random

import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from dagster_and.lake.tables import TOP_CLIPS
from dagster_and.orchestration.running import LAST_BUILD
from tests.end_to_end.conftest import House, Run, Together

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def killed(house: House, second_run: object) -> tuple[list[tuple], Run]:
    """The command killed while it builds the warehouse anew: what the warehouse held then, and the run after."""
    (house.home.root / LAST_BUILD).unlink()
    house.dissect_and_kill("run", "tiny", after_line="warehouse", after_s=random.uniform(1, 4))
    meanwhile = house.sql("select distinct dissection from dim_neurons order by 1")
    return meanwhile, house.dissect("run", "tiny")


def test_two_at_once_both_end_well(together: Together):
    assert {name: run.code for name, run in together.runs.items()} == {"tiny": 0, "other": 0}, together.runs


def test_both_are_in_the_warehouse_at_the_end(house: House, together: Together):
    query = "select dissection, count(*) from dim_neurons group by 1 order by 1"
    assert house.sql(query) == [("other", 106), ("tiny", 106)]


def test_the_reader_was_not_disturbed(together: Together):
    assert together.seen == [("older",)]


def test_equal_files_give_equal_tables(house: House, alone: House):
    """After a kill, with a neighbour and by the command; or alone at one go, by Dagster, in another home."""
    here, there = house.tables("tiny"), alone.tables("tiny")
    for table, frame in here.items():
        assert_frame_equal(frame, there[table])


def test_a_kill_leaves_the_old_warehouse(killed: tuple[list[tuple], Run]):
    meanwhile, _ = killed
    assert meanwhile == [("other",), ("tiny",)]


def test_after_a_kill_the_same_command_goes_on(killed: tuple[list[tuple], Run]):
    _, run = killed
    assert run.code == 0, run.printed
    assert "nothing has changed since" not in run.printed


def test_a_kill_leaves_nothing_half_written(house: House, killed: tuple[list[tuple], Run]):
    """What was being built is gone, and every table is in step."""
    assert house.lake.stale_tables("tiny") == []
    assert not (house.home.root / ".building").exists()


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
