"""What is done to the lake before dbt reads it."""

import json
import os
from pathlib import Path

import polars as pl
import pytest

from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import CONCEPTS
from dagster_and.warehouse.building import building, building_place

FRAME = pl.DataFrame({"concept_id": [0], "concept": ["dog"], "label": [None]})


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
