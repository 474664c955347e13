"""Which dissections a warehouse holds, and who is disturbed when it is built anew: nobody."""

from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import PROBING_CLIPS
from dagster_and.warehouse.building import coherent_dissections
from tests.dbt.conftest import Built, Grown, build, change, plant


def test_an_empty_lake_builds(empty: Built):
    models = [name for name, status in empty.statuses.items() if status == "success"]
    assert len(models) > 10
    for name in models:
        assert empty.rows(f"select count(*) from {empty.relations[name]}") == [(0,)], name


def test_two_dissections_lie_side_by_side(grown: Grown):
    """What is said of the first does not change with the second: so its rows may stay when the second is built anew."""
    for name, before in grown.before.items():
        if "dissection" not in before.columns:  # it looks across them
            assert before.is_empty()
            continue
        after = grown.after.frame(f"from {name} where dissection = 'tiny'")
        assert_frame_equal(before, after, check_row_order=False)


def test_a_dissection_that_has_only_begun_comes_in_as_far_as_it_is(warehouse: Built):
    assert warehouse.rows("select count(*) from dim_clips where dissection = 'begun'") == [(6,)]
    assert warehouse.rows("select count(*) from dim_neurons where dissection = 'begun'") == [(0,)]


def test_a_dissection_that_is_out_of_step_is_left_out(warehouse: Built):
    good, left_out = coherent_dissections(Lake(warehouse.home.lake))
    assert good == ["begun", "tiny", "twin"]
    assert list(left_out) == ["stale"]
    assert "top_clips" in left_out["stale"]
    assert warehouse.rows("select distinct dissection from staging.stg_dissection__probing_clips order by 1") == [
        ("begun",),
        ("tiny",),
        ("twin",),
    ]


def test_a_reader_of_the_old_warehouse_keeps_its_data(grown: Grown):
    assert grown.read_meanwhile == [("tiny",)]
    assert grown.after.rows("select distinct dissection from fct_top_clips order by 1") == [("tiny",), ("twin",)]


def test_a_build_that_is_killed_leaves_the_old_warehouse_and_the_next_comes_through(grown: Grown):
    assert grown.read_after_the_kill == [("tiny",)]
    assert grown.after.rows("select count(distinct dissection) from fct_top_clips") == [(2,)]


def test_nothing_is_left_beside_the_warehouse(warehouse: Built):
    assert not (warehouse.home.root / ".building").exists()


def test_a_build_that_fails_leaves_the_old_warehouse(warehouse: Built, clean_lake: Lake, tmp_path: Path):
    """A clip twice breaks a mart's key; what has the lake's columns gets that far."""
    home = Home(tmp_path)
    home.warehouse.write_bytes(warehouse.home.warehouse.read_bytes())
    plant(Lake(home.lake), clean_lake, "broken")
    change(Lake(home.lake), PROBING_CLIPS, "broken", "insert into this from this where clip_id = 3")
    with pytest.raises(AssertionError, match="unique_combination_dim_clips"):
        build(home, "--select", "+dim_clips", "--indirect-selection", "cautious", "--exclude", "test_type:unit")
    assert home.warehouse.read_bytes() == warehouse.home.warehouse.read_bytes()
