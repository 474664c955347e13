"""Whole dissections of a tiny network on a few short synthesised sounds, by the command that people use."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import TABLES

OFFLINE = Path(__file__).parent / "offline"
PATIENCE_S = 600
DISSECT = Path(sys.executable).with_name("dissect")
TINY = """
description: Five clips a class, one block, two epochs.
probing: {layout: soundbank, clips_per_class: 5, window_s: 0.5}
captions: {captioner: dataset}
target: {family: embedded_ast, blocks: 1, hidden_size: 16, heads: 2, epochs: 2}
top_clips: {k: 3}
"""
OTHER = TINY.replace("epochs: 2", "epochs: 2, seed: 1").replace("k: 3", "k: 2")


@dataclass(frozen=True)
class Run:
    """What ``dissect`` printed, how it ended, how long it took."""

    code: int
    printed: str
    seconds: float


def kill(process: subprocess.Popen) -> None:
    """End it and all that it started, at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def finish(process: subprocess.Popen) -> str:
    """What it prints until it ends; nothing is left running if it doesn't."""
    try:
        return process.communicate(timeout=PATIENCE_S)[0]
    except subprocess.TimeoutExpired:
        kill(process)
        raise


class House:
    """An ``AND_HOME`` and the command that works on it, without a network; its lake may be in a bucket."""

    def __init__(self, root: Path, lake_url: str | None = None):
        self.home = Home(root, lake_url)
        self.lake = Lake.of(self.home)
        self.network_log = root / "network.log"
        self.home.dissections.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, text: str = TINY) -> None:
        (self.home.dissections / f"{name}.yaml").write_text(text)

    def start(self, *arguments: str, program: Path | str = DISSECT) -> subprocess.Popen:
        environment = os.environ | {
            "AND_HOME": str(self.home.root),
            "AND_LAKE": self.home.lake_url or "",
            "AND_NETWORK_LOG": str(self.network_log),
            "PYTHONPATH": f"{OFFLINE}{os.pathsep}{REPOSITORY}",
        }
        for name in ("HF_HUB_OFFLINE", "DAGSTER_DISABLE_TELEMETRY", "DO_NOT_TRACK", "GX_ANALYTICS_ENABLED"):
            environment.pop(name, None)  # the command has to see to it by itself
        return subprocess.Popen(
            [program, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def dissect(self, *arguments: str) -> Run:
        start = time.monotonic()
        process = self.start(*arguments)
        printed = finish(process)
        return Run(process.returncode, printed, time.monotonic() - start)

    def dissect_and_kill(self, *arguments: str, after_line: str, after_s: float = 0) -> None:
        """SIGKILL the command and all that it started, so long after it has printed a line with these words."""
        process = self.start(*arguments)
        assert process.stdout is not None
        seen = next((line for line in process.stdout if after_line in line), None)
        time.sleep(after_s)
        was_running = process.poll() is None
        kill(process)
        assert seen, f"it ended without printing {after_line!r}"
        assert was_running

    def sql(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as connection:
            return connection.sql(query).fetchall()

    def written(self, dissection: str) -> dict[str, float]:
        """When each table of the dissection was written."""
        return {table.name: self.lake.path(table, dissection).stat().st_mtime for table in TABLES}

    def stamps(self, dissection: str) -> dict[str, object]:
        return {table.name: self.lake.stamp(table, dissection) for table in TABLES}

    def tables(self, dissection: str) -> dict[str, pl.DataFrame]:
        """What the tables say, wherever this home lies."""
        places = ("path", "checkpoint")
        frames = {table.name: self.lake.read(table, dissection) for table in TABLES}
        return {name: frame.drop(places, strict=False) for name, frame in frames.items()}


@dataclass(frozen=True)
class Together:
    """Two dissections run at once in two processes, and what a third saw in the warehouse that it held open."""

    runs: dict[str, Run]
    seen: list[tuple]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(tmp_path_factory.mktemp("end to end"))
    house.add("tiny")
    house.add("other", OTHER)
    return house


@pytest.fixture(scope="session")
def together(house: House) -> Together:
    """After ``tiny`` was killed in its rooms, on a home with an older warehouse, which is being read all the while."""
    with duckdb.connect(str(house.home.warehouse)) as connection:
        connection.execute("create table dim_neurons as select 'older' as dissection")
    house.dissect_and_kill("run", "tiny", after_line="probing_clips", after_s=random.uniform(0, 4))
    with duckdb.connect(str(house.home.warehouse), read_only=True) as reader:
        with ThreadPoolExecutor() as threads:
            runs = dict(
                zip(("tiny", "other"), threads.map(house.dissect, ("run", "run"), ("tiny", "other")), strict=True)
            )
        seen = reader.sql("select distinct dissection from dim_neurons").fetchall()
    return Together(runs, seen)


@pytest.fixture(scope="session")
def first_run(together: Together) -> Run:
    """One dissection that goes on after a kill, with a neighbour."""
    return together.runs["tiny"]


@pytest.fixture(scope="session")
def second_run(house: House, first_run: Run) -> tuple[dict, dict, Run]:
    """The same again: when its tables had been written, their stamps, and what the run said."""
    return house.written("tiny"), house.stamps("tiny"), house.dissect("run", "tiny")


ROOMS_ALONE = """
from dagster import DagsterInstance, materialize
from dagster_and.room_definitions import DISSECT, room_definitions

defs = room_definitions()
with DagsterInstance.ephemeral() as instance:
    selection = DISSECT.selection.without_checks()
    materialize([*defs.assets], selection=selection, resources=defs.resources, partition_key="tiny", instance=instance)
"""


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A home where Dagster made the same dissection by itself, at one go: its rooms alone, without the command."""
    alone = House(tmp_path_factory.mktemp("alone"))
    alone.add("tiny")
    process = alone.start("-c", ROOMS_ALONE, program=sys.executable)
    printed = finish(process)
    assert process.returncode == 0, printed
    return alone
