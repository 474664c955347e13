"""Real Dask workers on this machine: what a task costs, and how long known units take when a worker is killed.

It is what :mod:`benchmarks.simulation` is held against, in tests/benchmarks/test_simulation.py and on
docs/scaling.md: ``python -m benchmarks.real_workers`` prints predicted and measured, side by side.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
import psutil
from distributed import Client, as_completed, wait

from benchmarks.simulation import Cluster, drawn, simulate
from dagster_and.foundation.home import REPOSITORY
from deploy.cluster import Part, dask

UNITS, MEAN_S, SIGMA = 60, 0.25, 0.4
WORKERS, KILL_AFTER = 2, 0.4
"""The first worker is killed after that share of the time that all units take on two."""
TASKS = 2000


@dataclass(frozen=True)
class Trial:
    """One run of known units on real workers, and what the simulation says of it. Seconds."""

    units: int
    is_killed: bool
    predicted_s: float
    measured_s: float

    @property
    def ratio(self) -> float:
        """Measured over predicted."""
        return self.measured_s / self.predicted_s


def work(seconds: float) -> float:
    """A unit of known cost on a machine that others use, too: half of it computes, by the clock, and half waits."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds / 2:
        pass
    time.sleep(max(0.0, seconds - (time.perf_counter() - began)))
    return time.perf_counter() - began


def task_overhead_s(scheduler: Part, client: Client, tasks: int = TASKS) -> float:
    """Seconds of its processor that the scheduler takes for a task that does nothing: it has one thread."""
    assert scheduler.process
    process = psutil.Process(scheduler.process.pid)
    before = process.cpu_times()
    for future in as_completed(client.map(_nothing, range(tasks))):
        future.release()
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / tasks


def trial(
    client: Client, workers: Sequence[Part], seconds: np.ndarray, overhead_s: float, kill_at_s: float | None = None
) -> Trial:
    """Run the units on all workers, the first of which is killed for good at that second.

    Args:
        client: of a scheduler with these workers.
        workers: their processes.
        seconds: of each unit.
        overhead_s: of a task, for the prediction.
        kill_at_s: seconds after the units were handed in; None: no worker is killed.
    """
    client.wait_for_workers(len(workers))
    timer = threading.Timer(kill_at_s or 0, workers[0].kill)
    began = time.perf_counter()
    futures = client.map(work, seconds.tolist(), pure=False)
    if kill_at_s is not None:
        timer.start()
    for future, _ in as_completed(futures, with_results=True):
        future.release()  # until then the result is wanted where it was made, and made again if it is lost there
    measured = time.perf_counter() - began
    killed = {} if kill_at_s is None else {0: kill_at_s}
    cluster = Cluster(len(workers), overhead_s, restart_s=inf, killed=killed)
    return Trial(len(seconds), kill_at_s is not None, simulate(seconds, cluster).makespan_s, measured)


def trials(folder: Path, units: int = UNITS, mean_s: float = MEAN_S) -> tuple[float, list[Trial]]:
    """Seconds a task, and the same units without and with a worker killed, on a cluster of their own in ``folder``."""
    seconds, found, overhead = drawn(units, mean_s, SIGMA), [], 0.0
    told = {"PYTHONPATH": str(REPOSITORY)}  # this module's units are no part of what is installed
    for kill_at in (None, KILL_AFTER * float(seconds.sum()) / WORKERS):
        place = folder / ("whole" if kill_at is None else "killed")
        with dask(place, WORKERS, told) as (scheduler, workers), Client(scheduler.address) as client:
            client.wait_for_workers(WORKERS)
            wait(client.map(work, [0.01] * 8, pure=False))  # imports
            overhead = overhead or task_overhead_s(scheduler, client)
            found.append(trial(client, workers, seconds, overhead, kill_at))
    return overhead, found


def _nothing(_: int) -> None:
    return None


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="real-workers-") as name:
        overhead, found = trials(Path(name))
    print(f"a task that does nothing: {1000 * overhead:.2f} ms")
    for one in found:
        what = "one of two workers killed" if one.is_killed else "two workers"
        print(
            f"{one.units} units, {what}: predicted {one.predicted_s:.1f} s, measured {one.measured_s:.1f} s, "
            f"ratio {one.ratio:.2f}"
        )
    sys.exit(any(not 0.8 <= one.ratio <= 1.25 for one in found))
