"""Dagster as a team runs it: the very commands and settings of deploy/, as processes on this machine, with PostgreSQL.

Two runs of two dissections wait in the queue, are taken by the daemon, and run beside each other in the code location.
Another is lost with it, and run again.
"""

import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import CLIP_CAPTIONS, PROBING_CLIPS
from deploy.parts import Part, answers, free_ports, listens, running
from tests.end_to_end.conftest import OTHER, TINY
from tests.postgres_database import new_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PATIENCE_S = 300
SOUNDS = [PROBING_CLIPS.name, "rejected_clips", "clip_acoustics", CLIP_CAPTIONS.name]
LAUNCH = """mutation ($run: ExecutionParams!) { launchRun(executionParams: $run) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
    ... on InvalidSubsetError { message } ... on RunConfigValidationInvalid { errors { message } } } }"""
RUNS = """{ runsOrError { ... on Runs { results {
    runId parentRunId status startTime endTime tags { key value } stepStats { stepKey startTime endTime } } } } }"""
LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { __typename
    ... on RepositoryLocation { repositories { name jobs { name } sensors { name } } } ... on PythonError { message }
    } } } } }"""


@dataclass(frozen=True)
class Team:
    """What a team has: a home, the address of the webserver, and the code location."""

    home: Home
    address: str
    code: Part

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["data"]

    def launch(self, job: str, partition: str, assets: list[str]) -> str:
        """Put a run of some assets of a job, without their checks, into the queue."""
        selector = {
            "repositoryLocationName": "audio-network-dissection", "repositoryName": "__repository__", "jobName": job,
            "assetSelection": [{"path": [asset]} for asset in assets], "assetCheckSelection": [],
        }  # fmt: skip
        tags = [{"key": "dagster/partition", "value": partition}]
        run = {"selector": selector, "runConfigData": {}, "mode": "default", "executionMetadata": {"tags": tags}}
        launched = self.ask(LAUNCH, run=run)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return launched["run"]["runId"]

    def runs(self) -> list[dict[str, Any]]:
        """All runs as the webserver tells of them."""
        return self.ask(RUNS)["runsOrError"]["results"]

    def ended(self, ids: list[str]) -> list[dict[str, Any]]:
        """The runs, once all of them are over."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            runs = [run for run in self.runs() if run["runId"] in ids]
            if all(run["status"] in ("SUCCESS", "FAILURE", "CANCELED") for run in runs):
                return runs
            assert time.monotonic() < deadline, runs
            time.sleep(0.5)


def service(name: str, port: int, folder: Path, ready, **environment: str) -> Part:
    """A service of compose.yaml as a process on this machine."""
    command = yaml.safe_load((REPOSITORY / "deploy" / "compose.yaml").read_text())["services"][name]["command"]
    here = {"0.0.0.0": "127.0.0.1", "4000": str(port), "3000": str(port)}
    here |= {"deploy/workspace.yaml": str(REPOSITORY / "deploy" / "workspace.yaml")}
    program = str(Path(sys.executable).with_name(command[0]))
    return Part(name, f"http://127.0.0.1:{port}", [program, *(here.get(a, a) for a in command[1:])], folder, ready,
                environment)  # fmt: skip


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, postgresql: Part, parsed: Home) -> Iterator[Team]:
    home = Home(tmp_path_factory.mktemp("team"))
    home.dissections.mkdir()
    for name, text in (("tiny", TINY), ("other", OTHER)):
        (home.dissections / f"{name}.yaml").write_text(text)
    shutil.copytree(parsed.cache, home.cache)
    home.dagster.mkdir()
    shutil.copy(REPOSITORY / "deploy" / "dagster.yaml", home.dagster)
    code_port, web_port = free_ports(2)
    environment = {
        "AND_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster), "PYTHONPATH": str(REPOSITORY),
        "AND_POSTGRES": new_database(postgresql.address).replace("postgresql", "postgresql+psycopg2", 1),
        "AND_CODE_HOST": "127.0.0.1", "AND_CODE_PORT": str(code_port), "DAGSTER_DISABLE_TELEMETRY": "1",
    }  # fmt: skip
    logs = home.root / "logs"
    code = service("code", code_port, logs, lambda: listens(code_port), **environment)
    web = service(
        "webserver", web_port, logs, lambda: answers(f"http://127.0.0.1:{web_port}/server_info"), **environment
    )
    daemon = service("daemon", 0, logs, lambda: True, **environment)
    with running(code), running(web, daemon):
        yield Team(home, web.address, code)


def test_two_dissections_run_beside_each_other_and_wait_only_where_they_must(team: Team):
    (entry,) = team.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
    (repository,) = entry["locationOrLoadError"]["repositories"]
    assert "everything" in {job["name"] for job in repository["jobs"]}
    assert {sensor["name"] for sensor in repository["sensors"]} == {"lost_runs_end", "warehouse_follows_lake"}

    ids = [team.launch("dissect", name, SOUNDS) for name in ("tiny", "tiny", "other")]
    runs = {run["runId"]: run for run in team.ended(ids)}
    assert [runs[one]["status"] for one in ids] == ["SUCCESS"] * 3
    first, again, other = (runs[one] for one in ids)
    assert other["startTime"] < first["endTime"]  # two dissections at once
    assert again["startTime"] >= first["endTime"]  # one dissection once at a time
    lake = Lake(team.home.lake)
    for name in ("tiny", "other"):
        assert lake.read(CLIP_CAPTIONS, name).height == 50
    asking = sorted(
        (step["startTime"], step["endTime"]) for run in runs.values() for step in run["stepStats"]
        if step["stepKey"] == CLIP_CAPTIONS.name
    )  # fmt: skip
    assert len(asking) == 3
    assert all(before[1] <= after[0] for before, after in pairwise(asking))  # one place in the pool


@pytest.mark.cluster
def test_a_run_that_the_code_location_took_with_it_fails_and_is_run_again(team: Team):
    assert team.code.process
    lost = team.launch("dissect", "other", SOUNDS)
    place, deadline = team.home.dagster / "under_way" / lost, time.monotonic() + PATIENCE_S
    while not place.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with_it = psutil.Process(team.code.process.pid).children(recursive=True)
    team.code.kill()
    for process in with_it:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    assert [run["status"] for run in team.runs() if run["runId"] == lost] == ["STARTED"]
    team.code.start()
    (run,) = team.ended([lost])
    assert run["status"] == "FAILURE"
    while not (again := [run["runId"] for run in team.runs() if run["parentRunId"] == lost]):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert [run["status"] for run in team.ended(again)] == ["SUCCESS"]
    assert not place.exists()


def test_no_password_stands_in_the_home(team: Team):
    password = b"and:and@"
    assert not [p for p in team.home.root.rglob("*") if p.is_file() and password in p.read_bytes()]
    assert os.environ.get("AND_POSTGRES") is None
