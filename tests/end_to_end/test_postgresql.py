"""Dagster's storage in PostgreSQL, which goes away in the middle of a run: nothing is lost, and people are told."""

import os
import shutil
import time

import psycopg2
import pytest

from dagster_and.foundation.home import Home
from dagster_and.lake.tables import TABLES
from deploy.parts import Part
from tests.end_to_end.conftest import OTHER, House, finish
from tests.postgres_database import new_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
SECONDS_AWAY = 2


@pytest.fixture(scope="module")
def server(postgresql: Part):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AND_POSTGRES", new_database(postgresql.address))
        yield postgresql
    if not postgresql.is_running:
        postgresql.start()


@pytest.fixture(scope="module")
def shared(parsed: Home, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("postgresql"))
    house.add("tiny")
    house.add("other", OTHER)
    shutil.copytree(parsed.cache, house.home.cache)
    return house


def rows(query: str) -> list[tuple]:
    connection = psycopg2.connect(os.environ["AND_POSTGRES"])
    cursor = connection.cursor()
    cursor.execute(query)
    found = cursor.fetchall()
    connection.close()
    return found


def interrupted(house: House, dissection: str, server: Part, after_line: str, seconds: float | None) -> tuple[int, str]:
    """A run during which the server goes away for so long, or for good; its exit code, and what it printed."""
    process = house.start("run", dissection)
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if after_line in line:
            break
    server.stop()
    if seconds is not None:
        time.sleep(seconds)
        server.start()
    said += finish(process)
    return process.returncode, said


def known(dissection: str) -> set[str]:
    """Tables of which Dagster knows that they were made."""
    query = "select distinct asset_key from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION'"
    return {key.strip('[]"') for (key,) in rows(f"{query} and partition = '{dissection}'")}


def test_a_restart_in_the_middle_loses_nothing(shared: House, server: Part):
    code, said = interrupted(shared, "tiny", server, "clip_captions", SECONDS_AWAY)
    assert "Traceback" not in said
    if code:  # a statement was under way when it stopped
        assert "give the same command again" in said
        run = shared.dissect("run", "tiny")
        code, said = run.code, run.printed
    assert code == 0, said
    assert known("tiny") == {table.name for table in TABLES}
    assert rows("select status, count(*) from runs where status not in ('SUCCESS', 'FAILURE') group by 1") == []
    assert not list(shared.home.dagster.rglob("*.db"))


def test_an_outage_is_said_in_a_sentence_and_the_same_command_goes_on(shared: House, server: Part):
    code, said = interrupted(shared, "other", server, "clip_captions", None)
    assert code == 1, said
    assert "PostgreSQL can't be used any more" in said
    assert "give the same command again: what was finished is kept" in said
    assert "Traceback" not in said

    refused = shared.dissect("run", "other")
    assert refused.code == 1
    assert "see to it that it runs and takes the login in AND_POSTGRES" in refused.printed
    assert len(refused.printed.splitlines()) == 1, refused.printed

    server.start()
    run = shared.dissect("run", "other")
    assert run.code == 0, run.printed
    assert "unchanged" in run.printed
    assert known("other") == {table.name for table in TABLES}
    assert rows("select status, count(*) from runs where status not in ('SUCCESS', 'FAILURE') group by 1") == []
