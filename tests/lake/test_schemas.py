"""Every table's schema has a version: an earlier one is made anew, a later one is left alone."""

from io import BytesIO
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.lake.schemas import VERSION, LaterVersionError
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import CONCEPTS, TABLES, TARGETS, Table
from dagster_and.preflight.checking import check_lake
from dagster_and.warehouse.building import DBT_PROJECT, coherent_dissections, dbt_environment
from tests.lake.conftest import content, overwrite

RECORDED = Path(__file__).with_name("schema_versions.yml")
SOURCES = DBT_PROJECT / "models" / "staging" / "_dissection__sources.yml"


def recorded_as(table: Table) -> str:
    """Changes with everything that makes old files unreadable, or their rows others."""
    return digest([[c.name, str(c.type), c.nullable] for c in table.columns], list(table.key))[:16]


def concepts(lake: Lake, version: int | None, *, dissection: str = "a", schema: pa.Schema = CONCEPTS.schema) -> bytes:
    """A table as another version of this package would have written it."""
    written = BytesIO()
    metadata = {b"dagster_and.stamp": b'{"key": "k", "inputs": {}}'}
    if version is not None:
        metadata[VERSION] = str(version).encode()
    row = {"concept_id": [0], "concept": ["dog"], "label": ["dog"]}
    pq.write_table(pa.table({n: row[n] for n in schema.names}).cast(schema.with_metadata(metadata)), written)
    overwrite(lake, CONCEPTS, dissection, written.getvalue())
    return written.getvalue()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_changed_schema_has_a_version_of_its_own(table: Table):
    recorded = yaml.safe_load(RECORDED.read_text())[table.name]
    assert max(recorded) == table.version
    assert recorded[table.version] == recorded_as(table), (
        f"{table.name} has other columns or another key: give it version={table.version + 1}, and the line "
        f"{table.version + 1}: {recorded_as(table)} in {RECORDED.name}"
    )


def test_a_table_says_its_version(lake: Lake):
    lake.write(CONCEPTS, "a", [], Stamp("k", {}))
    assert lake.schema(CONCEPTS, "a").metadata[VERSION] == b"1"


def test_a_table_from_before_versions_is_of_the_first(lake: Lake):
    concepts(lake, None)
    assert lake.stamp(CONCEPTS, "a") == Stamp("k", {})


def test_a_table_of_a_later_version_is_refused_and_stays_as_it_is(lake: Lake):
    written = concepts(lake, 2)
    said = r"is of version 2 of the table concepts, and this package knows it up to version 1: update the package"
    for use in (lake.stamp, lake.read, lake.pieces):
        with pytest.raises(LaterVersionError, match=said):
            use(CONCEPTS, "a")
    with pytest.raises(LaterVersionError, match=said):
        coherent_dissections(lake)
    with pytest.raises(LaterVersionError, match=said):
        check_lake(Home(lake.home, None if isinstance(lake.root, Path) else lake.root))
    assert content(lake, CONCEPTS, "a") == written


@pytest.mark.parametrize("version", ["0", "one", ""])
def test_a_table_of_no_version_of_this_house_is_made_anew(lake: Lake, version: str):
    schema = CONCEPTS.schema
    written = BytesIO()
    pq.write_table(schema.with_metadata({VERSION: version}).empty_table(), written)
    overwrite(lake, CONCEPTS, "a", written.getvalue())
    assert lake.stamp(CONCEPTS, "a") is None


@pytest.mark.parametrize("schema", [
    pa.schema([CONCEPTS.schema.field("concept_id"), CONCEPTS.schema.field("concept")]),
    pa.schema([pa.field("concept_id", pa.int64(), nullable=False), *list(CONCEPTS.schema)[1:]]),
], ids=["lacks a column", "another type"])  # fmt: skip
def test_who_reads_an_earlier_table_is_told_what_to_run(lake: Lake, schema: pa.Schema):
    concepts(lake, None, schema=schema)
    assert lake.stamp(CONCEPTS, "a") is None
    assert coherent_dissections(lake) == ([], {"a": ["concepts"]})
    for use in (lake.read, lake.pieces):
        with pytest.raises(
            UserError, match=r"other columns than this package writes .*: `dissect run a` makes it anew"
        ):
            use(CONCEPTS, "a")


def test_an_earlier_dissection_keeps_no_other_out_of_the_warehouse(tmp_path: Path):
    home = Home(tmp_path / "it's [a] home")
    lake = Lake.of(home)
    lake.ensure_schema_files()
    concepts(lake, 1, dissection="today")
    other = pa.schema([("concept_id", pa.string()), ("concept", pa.list_(pa.string())), ("label", pa.string())])
    written = BytesIO()
    pq.write_table(pa.table({"concept_id": ["x"], "concept": [["dog"]], "label": [None]}).cast(other), written)
    overwrite(lake, CONCEPTS, "earlier", written.getvalue())
    overwrite(lake, TARGETS, "lacks", b"no parquet at all")
    pattern = yaml.safe_load(SOURCES.read_text())["sources"][0]["config"]["external_location"]
    place = pattern.replace("{{ env_var('AND_TABLES', 'lake') }}", dbt_environment(home)["AND_TABLES"])
    found = duckdb.sql(f"from {place.format(name='concepts')} where dissection in ('today')").pl()
    assert found.rows() == [(0, "dog", "dog", "today")]
    assert found.schema["concept_id"] == pl.Int32
