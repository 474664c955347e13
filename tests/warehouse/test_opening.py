"""Whoever reads the warehouse reads that file alone, and only one whose models are those of today."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from starlette.testclient import TestClient

from dagster_and.explorer.app import create_app
from dagster_and.explorer.warehouse import Warehouse
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.foundation.keys import digest
from dagster_and.warehouse.building import DBT_PROJECT
from dagster_and.warehouse.opening import VERSION, EarlierWarehouseError
from dagster_and.warehouse.reading import dissections_held, reading

HOSTILE = (
    "from read_text('{secret}')",
    "from read_csv('{secret}')",
    "from read_parquet('{lake}/*/*.parquet')",
    "from '{secret}'",
    "from glob('{folder}/*')",
    "from views_of_the_lake",
    "copy dim_neurons to '{folder}/out.csv'",
    "copy dim_neurons to '{lake}/concepts/dissection=a/part-0.parquet'",
    "prepare later as copy dim_neurons to '{folder}/out.csv'",
    "export database '{folder}/exported'",
    "attach '{folder}/other.duckdb' as other",
    "install httpfs",
    "load httpfs",
    "from 'https://example.com/x.csv'",
    "set enable_external_access = true",
    "reset enable_external_access",
    "set allowed_directories = ['/']",
    "set lock_configuration = false",
    "set temp_directory = '{folder}/spilled'",
    "pragma profiling_output = '{folder}/profile'",
    "create secret (type s3)",
    "create table mine as select 1",
    "drop table dim_neurons",
    "update dim_neurons set neuron_id = 8",
    "select getenv('OPENAI_API_KEY')",
)
"""What a query that somebody else wrote may try."""
COMMANDS = (
    ".shell touch {folder}/touched",
    ".system touch {folder}/touched",
    ".output {folder}/out.csv",
    ".once {folder}/out.csv",
    ".read {folder}/script.sql",
    ".open {folder}/other.duckdb",
    ".import {secret} mine",
    ".log {folder}/log",
    ".cd /",
    ".safe_mode off",
)
"""The same, of DuckDB's shell."""
RECORDED = Path(__file__).with_name("warehouse_versions.yml")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of a name that has to be quoted, with a warehouse whose view reads the lake."""
    home = tmp_path / "it's [a] home"
    table = home / "lake" / "concepts" / "dissection=a"
    table.mkdir(parents=True)
    (tmp_path / "secret").write_text("a secret")
    (tmp_path / "script.sql").write_text(f"copy (select 1) to '{tmp_path}/out.csv';")
    duckdb.sql("select 1 as concept_id").write_parquet(str(table / "part-0.parquet"))
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("create table dim_neurons as select 7 as neuron_id")
        pattern = str(home).replace("'", "''").replace("[", "[[]")
        connection.execute(f"create view views_of_the_lake as from read_parquet('{pattern}/lake/*/*/*.parquet')")
        connection.execute(
            "create schema building; create table building.dissections as select 'a' as dissection, 'k' as k"
        )
    return home


def hostile(home: Path, statements: tuple[str, ...]) -> list[str]:
    folder = home.parent
    places = {"folder": folder, "secret": folder / "secret", "lake": str(home / "lake").replace("'", "''")}
    return [statement.format(**places) for statement in statements]


def is_untouched(home: Path) -> bool:
    files = {path.relative_to(home.parent).as_posix() for path in home.parent.rglob("*") if path.is_file()}
    table = home / "lake" / "concepts" / "dissection=a" / "part-0.parquet"
    return files == {
        "secret",
        "script.sql",
        f"{home.name}/warehouse.duckdb",
        table.relative_to(home.parent).as_posix(),
    } and duckdb.read_parquet(str(table).replace("[", "[[]")).fetchall() == [(1,)]


@pytest.mark.parametrize("statement", HOSTILE)
def test_no_query_reads_another_file_or_writes_one(home: Path, statement: str):
    (query,) = hostile(home, (statement,))
    with reading(home / "warehouse.duckdb") as connection:
        with pytest.raises(duckdb.Error):
            connection.sql(query).fetchall()
        assert connection.sql("from dim_neurons").fetchall() == [(7,)]
    assert is_untouched(home)


def test_no_line_of_the_prompt_reads_another_file_writes_one_or_starts_a_command(home: Path):
    lines = [*hostile(home, COMMANDS), *(f"{query};" for query in hostile(home, HOSTILE)), "from dim_neurons;"]
    done = _sql(home, [], "\n".join(lines))
    assert done.stdout.count("7") == 1, done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert "a secret" not in done.stdout + done.stderr
    assert is_untouched(home)


def test_rows_are_printed_in_the_form_that_is_asked_for(home: Path):
    assert _sql(home, ["--as", "csv", "from dim_neurons"]).stdout.split() == ["neuron_id", "7"]
    done = _sql(home, ["--as", "excel", "from dim_neurons"])
    assert (done.returncode, "write box, csv, json" in done.stderr) == (1, True)


def _sql(home: Path, arguments: list[str], typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from dagster_and.cli import app; app()", "sql", *arguments]
    variables = {"AND_HOME": str(home), "OPENAI_API_KEY": "s3cret", "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        command, input=typed, capture_output=True, text=True, check=False, env=os.environ | variables, cwd=home.parent
    )


def of_version(home: Path, version: int) -> Path:
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(f"create table building.version as select {version} as version")
    return home / "warehouse.duckdb"


def test_a_warehouse_of_a_later_version_is_refused_by_whoever_reads_or_would_replace_it(home: Path):
    warehouse, said = of_version(home, VERSION + 1), f"reads it up to version {VERSION}: update the package"
    with pytest.raises(UserError, match=said), reading(warehouse):
        pass
    with pytest.raises(UserError, match=said), Warehouse(warehouse).reading():
        pass
    with pytest.raises(UserError, match=said):
        dissections_held(warehouse)
    assert said in _sql(home, ["from dim_neurons"]).stderr.replace("\n", " ")
    with TestClient(create_app(Home(home)), base_url="http://127.0.0.1") as client:
        page = client.get("/")
    assert (page.status_code, said in page.text) == (503, True)


def test_a_warehouse_of_an_earlier_version_is_built_anew_and_its_readers_are_told_how(home: Path):
    warehouse, said = of_version(home, VERSION - 1), "`dissect run a` builds it anew"
    with pytest.raises(EarlierWarehouseError, match=said), reading(warehouse):
        pass
    with pytest.raises(EarlierWarehouseError, match=said), Warehouse(warehouse).reading():
        pass
    assert dissections_held(warehouse) is None


def test_a_page_that_asks_for_what_an_old_warehouse_lacks_says_so(home: Path):
    with Warehouse(home / "warehouse.duckdb").reading() as reader:
        for query in ("select label from dim_neurons", "from dim_clips"):
            with pytest.raises(EarlierWarehouseError, match="another version of this package"):
                reader.rows(query)


def test_changed_models_have_a_version_of_their_own():
    models = {}
    for file in sorted(DBT_PROJECT.glob("models/*/_*__models.yml")):
        for model in yaml.safe_load(file.read_text())["models"]:
            if file.parent.name in ("marts", "reports"):
                models[model["name"]] = [[c["name"], c.get("data_type")] for c in model["columns"]]
    recorded, now = yaml.safe_load(RECORDED.read_text()), digest(models)[:16]
    assert max(recorded) == VERSION
    assert recorded[VERSION] == now, (
        f"a mart or report has other columns: raise VERSION to {VERSION + 1} in dagster_and/warehouse/opening.py, and "
        f"write the line {VERSION + 1}: {now} in {RECORDED.name}"
    )
