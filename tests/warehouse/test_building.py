"""What is done to the lake before dbt reads it."""

import json
import os
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import CONCEPTS
from dagster_and.warehouse.building import building, building_place, what_dissections_are_made_from

FRAME = pl.DataFrame({"concept_id": [0], "concept": ["dog"], "label": [None]})


@pytest.mark.parametrize(("only_changed", "built"), [(False, ["one", "two"]), (True, [])])
def test_where_nothing_has_changed_all_is_built_unless_only_what_has_changed_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_changed: bool, built: list[str]
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    home = Home(tmp_path)
    lake = Lake(home.lake)
    for name in ("one", "two"):
        lake.write(CONCEPTS, name, FRAME, Stamp("k", {}))
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema building")
        connection.execute("create table building.dissections (dissection varchar, made_from varchar)")
        for row in what_dissections_are_made_from(home, lake).items():
            connection.execute("insert into building.dissections values (?, ?)", row)
    with building(home, lake, only_changed=only_changed) as build:
        assert build.built == built
        assert sorted([*build.built, *build.kept]) == ["one", "two"]
        build.place.touch()


def test_a_dissection_whose_file_cannot_be_read_is_left_out_and_the_file_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    home = Home(tmp_path)
    lake = Lake(home.lake)
    for name in ("good", "broken"):
        lake.write(CONCEPTS, name, FRAME, Stamp("k", {}))
    lake.path(CONCEPTS, "broken").write_bytes(b"PAR1 and no more")
    with building(home, lake):
        assert json.loads(os.environ["AND_DISSECTIONS"]) == ["good"]
        pattern = f"{home.lake}/concepts/*/part-*.parquet"
        assert pl.read_parquet(pattern, hive_partitioning=True)["dissection"].to_list() == ["good"]
        building_place(home).touch()
    assert home.warehouse.exists()
