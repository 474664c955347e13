"""A real scheduler and two real workers, in processes that can be killed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dagster_and.dissection import Compute
from dagster_and.engine import Engine, engine_of
from dagster_and.engine.connecting import disconnect
from dagster_and.foundation.home import REPOSITORY
from dagster_and.lake.store import Lake
from deploy.cluster import Part, dask


@dataclass
class Dask:
    """A scheduler and its workers. ``revive`` brings back who was killed."""

    scheduler: Part
    workers: list[Part]

    def engine(self, lake: Lake, tell: Callable[[str], object] = str) -> Engine:
        """The house's engine on these workers."""
        return engine_of(Compute(engine=self.scheduler.address), lake, tell)

    def revive(self) -> None:
        """All workers there, and known to the scheduler."""
        from distributed import Client

        for worker in self.workers:
            if worker.process is None or worker.process.poll() is not None:
                worker.start()
        with Client(self.scheduler.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=60)


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    with dask(tmp_path_factory.mktemp("dask"), environment={"PYTHONPATH": str(REPOSITORY)}) as (scheduler, workers):
        yield Dask(scheduler, workers)
        disconnect()


@pytest.fixture
def two_workers(started: Dask) -> Dask:
    started.revive()
    return started


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@contextmanager
def one_worker(address: str, folder: Path, *options: str, **environment: str) -> Iterator[None]:
    """A worker more, for as long as the block runs; there when it begins."""
    from distributed import Client

    folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "dask",
        "worker",
        address,
        "--host",
        "127.0.0.1",
        "--nthreads",
        "1",
        "--no-dashboard",
    ]
    with Client(address, set_as_default=False) as client, (folder / "log").open("w") as log:
        there = len(client.scheduler_info()["workers"])
        process = subprocess.Popen(
            [*command, "--local-directory", str(folder), *options], cwd=folder, stdout=log, stderr=log,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment, start_new_session=True,
        )  # fmt: skip
        try:
            client.wait_for_workers(there + 1, timeout=60)
            yield
        finally:
            process.terminate()
            process.wait()
