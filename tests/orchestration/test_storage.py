"""Which database Dagster keeps its runs in, whose settings it reads, and that a password stands nowhere."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import yaml

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.orchestration.running import open_instance, prepare_environment
from dagster_and.orchestration.storage import EMBEDDED, OURS, identity, require_storage
from deploy.parts import free_ports
from tests.postgres_database import new_database

SECRET = "s3cret%2Fword"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("AND_HOME", "AND_LAKE", "AND_POSTGRES", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # what is set below is unset afterwards
    return Home(tmp_path / "home")


def settings(home: Home) -> str:
    return (home.dagster / "dagster.yaml").read_text()


def test_without_a_database_named_it_is_sqlite(home: Home):
    prepare_environment(home)
    assert settings(home) == EMBEDDED
    with open_instance(home) as instance:
        assert "Sqlite" in type(instance.run_storage).__name__
    assert identity() == ""


def test_runs_are_kept_in_the_database_that_is_named(home: Home, database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_POSTGRES", database)
    prepare_environment(home)
    with open_instance(home) as instance:
        assert "Postgres" in type(instance.run_storage).__name__
        assert "Queued" in type(instance.run_coordinator).__name__
    connection = psycopg2.connect(database)
    cursor = connection.cursor()
    cursor.execute("select count(*) from runs")
    assert cursor.fetchone() == (0,)
    connection.close()
    assert not list(home.dagster.rglob("*.db"))


def test_the_password_is_written_nowhere(home: Home, postgresql, database: str, monkeypatch: pytest.MonkeyPatch):
    connection = psycopg2.connect(postgresql.address)
    connection.autocommit = True
    connection.cursor().execute("drop role if exists auditor")
    connection.cursor().execute("create role auditor superuser login password 's3cret/word'")
    connection.close()
    monkeypatch.setenv("AND_POSTGRES", database.replace("and:and@", f"auditor:{SECRET}@"))
    prepare_environment(home)
    with open_instance(home) as instance:
        instance.get_runs(limit=1)
    written = b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    assert written
    assert b"s3cret" not in written


def test_processes_that_start_at_once_make_one_storage_in_postgresql(home: Home, database: str):
    opening = (
        "from dagster_and.foundation.home import Home; from dagster_and.orchestration.running import *\n"
        "home = Home.from_environment(); prepare_environment(home)\n"
        "with open_instance(home) as instance: print(len(instance.get_runs(limit=1)))"
    )
    environment = os.environ | {"AND_HOME": str(home.root), "AND_POSTGRES": database}
    processes = [
        subprocess.Popen([sys.executable, "-c", opening], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [(p.communicate()[0], p.returncode) for p in processes] == [("0\n", 0)] * 3
    connection = psycopg2.connect(database)
    cursor = connection.cursor()
    cursor.execute("select count(*) from alembic_version")
    assert cursor.fetchone() == (1,)
    connection.close()


def test_settings_follow_the_variable_where_they_are_ours(home: Home, database: str, monkeypatch: pytest.MonkeyPatch):
    prepare_environment(home)
    monkeypatch.setenv("AND_POSTGRES", database)
    prepare_environment(home)
    assert settings(home).startswith(OURS)
    assert yaml.safe_load(settings(home))["storage"] == {"postgres": {"postgres_url": {"env": "AND_POSTGRES"}}}
    monkeypatch.setenv("AND_POSTGRES", "")
    prepare_environment(home)
    assert settings(home) == EMBEDDED


def test_settings_of_somebodys_own_stay_as_they_are(home: Home, database: str, monkeypatch: pytest.MonkeyPatch):
    home.dagster.mkdir(parents=True)
    own = "storage: {postgres: {postgres_url: {env: AND_POSTGRES}}}\ntelemetry: {enabled: false}\n"
    (home.dagster / "dagster.yaml").write_text(own)
    monkeypatch.setenv("AND_POSTGRES", database)
    prepare_environment(home)
    assert settings(home) == own
    with open_instance(home) as instance:
        assert "Postgres" in type(instance.event_log_storage).__name__


def test_own_settings_that_do_not_read_the_variable_are_refused(
    home: Home, database: str, monkeypatch: pytest.MonkeyPatch
):
    home.dagster.mkdir(parents=True)
    (home.dagster / "dagster.yaml").write_text("telemetry: {enabled: false}\nnux: {enabled: true}\n")
    monkeypatch.setenv("AND_POSTGRES", database)
    with pytest.raises(UserError, match=r"is a file of yours that doesn't read it: write into it storage: "):
        prepare_environment(home)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"postgres://and:{SECRET}@host/and", "is no address of a database: write postgresql://user:password@host"),
        (f"postgresql://and:{SECRET}@host:port/and", "is no address of a database"),
        (f"postgresql://and:{SECRET}@host:5432", "is no address of a database"),
        (f"and:{SECRET}@host/and", "is no address of a database"),
        (f"postgresql://and:{SECRET}%zz@127.0.0.1/and", "is no address of a database"),
        (f"postgresql://and:{SECRET}@127.0.0.1/and?colour=red", "is no address of a database"),
        (f"postgresql://and:{SECRET}@127.0.0.1:{{free}}/and", r"127\.0\.0\.1:\d+/and can't be used .*refused"),
        (f"postgresql://nobody:{SECRET}@127.0.0.1:{{taken}}/and", "can't be used .*authentication failed"),
        ("postgresql://and:and@127.0.0.1:{taken}/none", 'can\'t be used .*database "none" does not exist'),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_one_line(
    home: Home, postgresql, database: str, monkeypatch: pytest.MonkeyPatch, address: str, said: str
):
    taken = database.rpartition("/")[0].rpartition(":")[2]
    monkeypatch.setenv("AND_POSTGRES", address.format(free=free_ports(1)[0], taken=taken))
    with pytest.raises(UserError, match=said) as caught:
        prepare_environment(home)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert not home.root.exists()


def test_a_missing_package_is_named(home: Home, database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_POSTGRES", database)
    monkeypatch.setitem(sys.modules, "dagster_postgres", None)  # as Python marks what it can't import
    with pytest.raises(UserError, match=r"pip install 'dagster-and\[cluster\]'"):
        require_storage()


def test_another_database_is_another_storage(database: str, postgresql, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_POSTGRES", database)
    one = identity()
    assert "and:and" not in one
    monkeypatch.setenv("AND_POSTGRES", database.replace("and:and@", "ada:other@"))
    assert identity() == one
    monkeypatch.setenv("AND_POSTGRES", database.replace("postgresql://", "postgresql+psycopg2://"))
    assert identity() == one
    monkeypatch.setenv("AND_POSTGRES", new_database(postgresql.address))
    assert identity() != one
