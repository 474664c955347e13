"""What is done to the lake before dbt reads it."""

import json
import os
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import Shared
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import CONCEPTS
from dagster_and.warehouse.building import (
    DBT_PROJECT,
    LakeChangedError,
    building,
    building_place,
    manifest,
    what_dissections_are_made_from,
)

OTHER = pl.DataFrame({"concept_id": [0], "concept": ["cat"], "label": [None]})
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


def test_a_build_from_a_bucket_counts_only_if_nothing_it_was_made_from_was_replaced_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
):
    """A folder is locked instead; what was replaced before or after, or is no part of it, doesn't matter."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    home, other = Home(tmp_path / "one", url), Home(tmp_path / "other", url)
    lake = Lake.of(home)
    lake.write(CONCEPTS, "a", FRAME, Stamp("k", {}))

    def replaced_meanwhile(frame: pl.DataFrame, error: Exception | None = None) -> None:
        with building(home, lake):
            building_place(home).write_bytes(b"mixed")
            Lake.of(other).write(CONCEPTS, "a", frame, Stamp("new", {}))
            if error:
                raise error

    with pytest.raises(LakeChangedError, match=f"^a was replaced in {url} while"):
        replaced_meanwhile(OTHER)
    with pytest.raises(LakeChangedError):
        replaced_meanwhile(FRAME, RuntimeError("dbt stumbled over it"))
    Shared.of(other).follow([other.warehouse])
    assert not home.warehouse.exists()
    assert not other.warehouse.exists()
    with building(home, lake):
        building_place(home).write_bytes(b"good")
        Lake.of(other).write(CONCEPTS, "b", OTHER, Stamp("k", {}))
    Shared.of(other).follow([other.warehouse])
    assert home.warehouse.read_bytes() == other.warehouse.read_bytes() == b"good"


def test_a_build_that_fails_for_a_reason_of_its_own_is_no_other_ones_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    home = Home(tmp_path, url)
    lake = Lake.of(home)
    lake.write(CONCEPTS, "a", FRAME, Stamp("k", {}))

    def fail() -> None:
        with building(home, lake):
            raise RuntimeError("a test failed")

    with pytest.raises(RuntimeError, match="a test failed"):
        fail()
    assert building_place(home).with_name("failed").exists()


def test_the_manifest_is_read_anew_where_the_project_is_another_and_not_where_its_files_are_newer(
    parsed: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A home or a checkout that was copied has times of its own."""
    project = shutil.copytree(DBT_PROJECT, tmp_path / "dbt_project", copy_function=shutil.copyfile)
    monkeypatch.setattr("dagster_and.warehouse.building.DBT_PROJECT", project)
    monkeypatch.setattr("dagster_and.warehouse.building.DBT", shutil.which("false"))  # who reads it anew fails
    assert manifest(parsed) == parsed.cache / "manifest.json"
    model = next(project.rglob("dim_neurons.sql"))
    model.write_text(model.read_text() + "\n-- of another version\n")
    os.utime(model, (0, 0))
    with pytest.raises(UserError, match="dbt can't read its project"):
        manifest(parsed)
