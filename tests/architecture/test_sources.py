"""dbt's sources say what the contracts say: tables, columns in order, words."""

from pathlib import Path
from typing import Any

import pytest

from dagster_and.foundation.rooms import ROOMS
from dagster_and.lake.tables import TABLES, Table

each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


@pytest.fixture(scope="session")
def sources(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {source["name"]: source for source in manifest["sources"].values()}


@pytest.fixture(scope="session")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def test_the_sources_are_the_tables(sources: dict):
    assert sources.keys() == {table.name for table in TABLES}


@each_table
def test_a_source_says_what_the_contract_says(table: Table, sources: dict):
    source = sources[table.name]
    described = {name: column["description"] for name, column in source["columns"].items()}
    assert list(described) == ["dissection", *(column.name for column in table.columns)]
    assert {c.name: described[c.name] for c in table.columns} == {c.name: c.description for c in table.columns}
    assert source["description"].startswith(table.description)
    assert source["meta"]["dagster"]["asset_key"] == [table.name]


@each_table
def test_staging_passes_a_table_on_as_it_is(table: Table, models: dict):
    """One model a source, the source's grain and words; columns keep their names or gain the table's as a prefix."""
    model = models[f"stg_dissection__{table.name}"]
    assert model["depends_on"]["nodes"] == [f"source.dagster_and.dissection.{table.name}"]
    assert model["description"].startswith(table.description)
    known = {column.name: column.description for column in table.columns}
    for name, column in model["columns"].items():
        if name in known:
            assert column["description"] == known[name], name


def test_only_staging_reads_the_lake(models: dict):
    readers = {
        name for name, model in models.items() if any(n.startswith("source.") for n in model["depends_on"]["nodes"])
    }
    assert readers == {f"stg_dissection__{table.name}" for table in TABLES}


def test_models_are_called_after_their_layer(models: dict):
    prefixes = {
        "staging": ("stg_",),
        "intermediate": ("int_",),
        "marts": ("dim_", "fct_", "neuron_"),
        "reports": ("rpt_",),
    }
    assert {name for name, model in models.items() if not name.startswith(prefixes[model["fqn"][1]])} == set()


def test_marts_and_reports_have_contracts(models: dict):
    for name, model in models.items():
        if model["fqn"][1] in ("marts", "reports"):
            assert model["config"]["contract"]["enforced"], name
            assert all(column["data_type"] for column in model["columns"].values()), name


def test_every_report_has_an_exposure(manifest: dict[str, Any], models: dict):
    exposed = {node for exposure in manifest["exposures"].values() for node in exposure["depends_on"]["nodes"]}
    reports = {model["unique_id"] for model in models.values() if model["fqn"][1] == "reports"}
    assert reports - exposed == set()
    assert all(exposure["description"] for exposure in manifest["exposures"].values())


def test_a_model_is_described_in_the_file_of_its_room(models: dict):
    """``_<room>__models.yml``; that of a staging model is its table's."""
    of_table = {f"stg_dissection__{table.name}": table.room for table in TABLES}
    files = {name: Path(model["patch_path"]).name for name, model in models.items()}
    assert {n: f for n, f in files.items() if f.removeprefix("_").removesuffix("__models.yml") not in ROOMS} == {}
    assert {n: files[n] for n, room in of_table.items() if files[n] != f"_{room}__models.yml"} == {}
