"""A warehouse that keeps the rows of dissections that have not changed is the one that is built from nothing."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import CLIP_CAPTIONS, CONCEPT_PREDICTIONS, NEURON_VERDICTS
from dagster_and.warehouse.building import what_dissections_are_made_from
from dagster_and.warehouse.reading import dissections_held
from tests.dbt.conftest import Built, build, change, plant

pytestmark = pytest.mark.timeout(900)  # three builds in one fixture

TABLES_AND_VIEWS = "select schema_name || '.' || {0}_name from duckdb_{0}s() where not internal order by all"
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class Contents:
    """Everything in a warehouse: rows by table and by view."""

    tables: dict[str, pl.DataFrame]
    views: dict[str, pl.DataFrame]


def contents(home: Home) -> Contents:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:

        def all_of(kind: str) -> dict[str, pl.DataFrame]:
            names = [name for (name,) in connection.sql(TABLES_AND_VIEWS.format(kind)).fetchall()]
            return {name: connection.sql(f"from {name}").pl() for name in names}

        return Contents(all_of("table"), all_of("view"))


@dataclass(frozen=True)
class Kept:
    """``same`` stays, ``changed`` is changed, ``gone`` leaves, ``joined`` joins; then the lake built from nothing."""

    home: Home
    built: Built
    incremental: Contents
    whole: Contents
    made_from: dict[str, str]
    held: dict[str, str] | None


@pytest.fixture(scope="module")
def kept(clean_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    home = Home(tmp_path_factory.mktemp("kept") / "an auditor's [first] {home}")
    lake = Lake(home.lake)
    for name in ("same", "changed", "gone"):
        plant(lake, clean_lake, name)
    change(lake, CONCEPT_PREDICTIONS, "same", "update this set concept_id = (concept_id + 1) % 3")
    build(home, "--exclude-resource-type", "unit_test", "test")

    shift = "update this set concept_id = (concept_id + 2) % 3"
    change(lake, CONCEPT_PREDICTIONS, "changed", shift, {"key": "another", "inputs": {}})
    change(lake, NEURON_VERDICTS, "changed", "delete from this where neuron_id = 1", {"key": "fewer", "inputs": {}})
    for partition in home.lake.glob("*/dissection=gone"):
        shutil.rmtree(partition)
    plant(lake, clean_lake, "joined")
    # past its stamp, so that nobody is told: rows of `same` that are read anew would give it away
    untouched = lake.path(CLIP_CAPTIONS, "same").read_bytes()
    change(lake, CLIP_CAPTIONS, "same", "update this set caption = 'read anew'")
    built = build(home, *NO_UNIT_TESTS)
    lake.path(CLIP_CAPTIONS, "same").write_bytes(untouched)
    incremental, held = contents(home), dissections_held(home.warehouse)

    home.warehouse.unlink()
    build(home, "--exclude-resource-type", "unit_test", "test")
    return Kept(home, built, incremental, contents(home), what_dissections_are_made_from(home, lake), held)


def test_every_row_of_every_table_and_view_is_that_of_a_warehouse_built_from_nothing(kept: Kept):
    for now, whole in ((kept.incremental.tables, kept.whole.tables), (kept.incremental.views, kept.whole.views)):
        assert now.keys() == whole.keys()
        assert len(whole) > 30
        for name, rows in whole.items():
            assert_frame_equal(now[name], rows, check_row_order=False, check_exact=True), name


def test_the_kept_rows_are_there(kept: Kept):
    held = kept.incremental.tables["main.dim_dissections"]["dissection"]
    assert sorted(held) == ["changed", "joined", "same"]
    assert kept.incremental.tables["main.dim_clips"].filter(pl.col("dissection") == "same").height > 0


def test_a_model_that_looks_across_dissections_pairs_the_kept_with_the_built(kept: Kept):
    pairs = kept.incremental.tables["main.rpt_dissection_comparison"].select("dissection_a", "dissection_b").unique()
    assert sorted(pairs.rows()) == [("changed", "joined"), ("changed", "same"), ("joined", "same")]


def test_the_warehouse_says_what_its_rows_are_made_from(kept: Kept):
    assert kept.held == kept.made_from
    assert kept.made_from.keys() == {"same", "changed", "joined"}


def test_a_broken_warehouse_is_built_from_nothing(kept: Kept, tmp_path: Path):
    broken = tmp_path / "warehouse.duckdb"
    broken.write_bytes(kept.home.warehouse.read_bytes()[:100_000])
    assert dissections_held(broken) is None
    assert dissections_held(tmp_path / "missing.duckdb") is None
