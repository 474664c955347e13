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


@pytest.fixture(scope="module")
def killed(first_run: Run, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A fresh home where the dissection of ``house`` was killed in its rooms, and again while dbt was building."""
    killed = House(tmp_path_factory.mktemp("killed"))
    killed.add("tiny")
    killed.add("other", OTHER)
    killed.dissect_and_kill("run", "tiny", after_line="probing_clips")
    killed.dissect_and_kill("run", "tiny", after_line="warehouse", after_s=random.uniform(1, 4))
    return killed


@pytest.fixture(scope="module")
def together(killed: House, house: House, second_run: object) -> Together:
    """What was killed goes on, a second dissection beside it; an older warehouse is being read all the while."""
    shutil.copy(house.home.warehouse, killed.home.warehouse)
    with duckdb.connect(str(killed.home.warehouse), read_only=True) as reader:
        processes = {name: killed.start("run", name) for name in ("tiny", "other")}
        printed = {name: finish(process) for name, process in processes.items()}
        seen = reader.sql("select distinct dissection from dim_neurons").fetchall()
    return Together(killed, {name: (p.returncode, printed[name]) for name, p in processes.items()}, seen)


def test_two_at_once_both_end_well(together: Together):
    assert {name: code for name, (code, _) in together.outputs.items()} == {"tiny": 0, "other": 0}, together.outputs


def test_both_are_in_the_warehouse_at_the_end(together: Together):
    query = "select dissection, count(*) from dim_neurons group by 1 order by 1"
    assert together.house.sql(query) == [("other", 106), ("tiny", 106)]


def test_the_reader_was_not_disturbed(together: Together):
    assert together.seen == [("tiny",)]


def test_a_killed_dissection_ends_up_the_same(together: Together, house: House):
    """Also with a neighbour, and on another home: every table says what it says after an undisturbed run."""
    undisturbed = house.tables("tiny")
    for name, table in together.house.tables("tiny").items():
        assert_frame_equal(table, undisturbed[name], obj=name)


def test_nothing_half_written_is_left_by_the_killed(together: Together):
    assert [str(path) for path in together.house.lake.root.rglob("*.tmp")] == []


def test_neither_asked_the_network(together: Together):
    assert not together.house.network_log.exists()


def test_dirt_in_a_table_ends_in_exit_code_1(together: Together):
    """A table that somebody changed by hand keeps its stamp, so it is not made anew; its check finds it."""
    house = together.house
    path = house.lake.path(TOP_CLIPS, "tiny")
    table = pq.read_table(path, partitioning=None)
    ranks = table["rank"].to_numpy() + 1
    pq.write_table(table.set_column(2, table.schema.field("rank"), [ranks]), path)
    assert house.stamps("tiny")[TOP_CLIPS.name] is not None
    run = house.dissect("run", "tiny")
    assert run.code == 1
    assert "check failed" in run.printed
    assert "top_clips_suite" in run.printed
