"""Units of work on a cluster, event by event: how long they take together, and how much of the workers' time is used.

What is simulated: one scheduler, which hands out a unit at a time and takes ``overhead_s`` for each; workers that fetch
what a unit needs and then compute; stragglers; workers that fail, lose the unit that they are at, and come back after a
while or never. A lost unit is the next that is handed out. Nothing here belongs to the product: dask.distributed does
the scheduling there, and :mod:`benchmarks.real_workers` holds this page against it.
"""

import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf

import numpy as np

DONE, LOST, BACK = "done", "lost", "back"


@dataclass(frozen=True)
class Cluster:
    """What the units run on. Seconds, and bytes a second of each worker.

    ``failures_per_hour`` of a worker that works; a failed one is back after ``restart_s`` (inf: never). ``killed``: by
    worker, the second at which it fails for certain. ``straggling`` is the share of units that take ``slowness`` times
    as long.
    """

    workers: int
    overhead_s: float = 0.0
    bytes_per_s: float = inf
    failures_per_hour: float = 0.0
    restart_s: float = 60.0
    killed: Mapping[int, float] = field(default_factory=dict)
    straggling: float = 0.0
    slowness: float = 1.0


@dataclass(frozen=True)
class Attempt:
    """A worker at a unit, from ``start_s`` to ``end_s``; ``is_done`` unless the worker failed."""

    unit: int
    worker: int
    start_s: float
    end_s: float
    is_done: bool


@dataclass(frozen=True)
class Outcome:
    """Every attempt, in the order in which they were handed out."""

    attempts: tuple[Attempt, ...]
    workers: int

    @property
    def makespan_s(self) -> float:
        """Until the last unit is done; 0 of no units."""
        return max((attempt.end_s for attempt in self.attempts if attempt.is_done), default=0.0)

    def efficiency(self, seconds: Sequence[float] | np.ndarray) -> float:
        """Share of the workers' time that went into the units themselves (``seconds`` of each): 1 is perfect."""
        return float(np.sum(seconds)) / (self.workers * self.makespan_s)


class StuckError(RuntimeError):
    """Every worker is gone for good, and units are left."""


def drawn(units: int, mean_s: float, sigma: float, seed: int = 0) -> np.ndarray:
    """Seconds of each unit, log-normal with that mean and ``sigma`` of the logarithm; "unit"."""
    random = np.random.default_rng(seed)
    return mean_s * np.exp(sigma * random.standard_normal(units) - sigma**2 / 2)


def simulate(
    seconds: Sequence[float] | np.ndarray, cluster: Cluster, unit_bytes: float = 0.0, seed: int = 0
) -> Outcome:
    """Run the units, handed out in their order.

    Args:
        seconds: that each unit computes, "unit".
        cluster: what they run on.
        unit_bytes: that a worker fetches before it computes a unit.
        seed: of stragglers and failures.

    Raises:
        StuckError: all workers are gone for good.
    """
    return _Run(seconds, cluster, unit_bytes, seed).outcome()


class _Run:
    def __init__(self, seconds: Sequence[float] | np.ndarray, cluster: Cluster, unit_bytes: float, seed: int):
        self._random = np.random.default_rng(seed)
        is_slow = self._random.random(len(seconds)) < cluster.straggling
        taken = np.where(is_slow, cluster.slowness, 1.0) * np.asarray(seconds, dtype=np.float64)
        self._seconds = (taken + unit_bytes / cluster.bytes_per_s).tolist()
        self._cluster = cluster
        self._waiting = deque(range(len(seconds)))
        self._idle = list(range(cluster.workers))  # sorted, so a heap
        self._killed = dict(cluster.killed)
        self._events: list[tuple[float, int, str, int, int]] = []
        self._order = count()
        self._attempts: list[Attempt] = []
        self._scheduler_free_s = 0.0
        self._left = len(seconds)

    def outcome(self) -> Outcome:
        for worker, second in self._killed.items():
            self._push(second, LOST, worker, -1)
        self._hand_out(0.0)
        while self._left:
            if not self._events:
                raise StuckError(f"{self._left} units are left, and no worker")
            now, _, kind, worker, unit = heapq.heappop(self._events)
            if kind == LOST and unit < 0:
                self._kill_idle(now, worker)
            elif kind == LOST:
                self._waiting.appendleft(unit)
                self._restart(now, worker)
            else:
                self._left -= kind == DONE
                heapq.heappush(self._idle, worker)
            self._hand_out(now)
        return Outcome(tuple(self._attempts), self._cluster.workers)

    def _hand_out(self, now: float) -> None:
        while self._waiting and self._idle:
            worker, unit = heapq.heappop(self._idle), self._waiting.popleft()
            start = self._scheduler_free_s = max(now, self._scheduler_free_s) + self._cluster.overhead_s
            end, fails = start + self._seconds[unit], self._fails_at(worker, start)
            is_done = end <= fails
            self._attempts.append(Attempt(unit, worker, start, min(end, fails), is_done))
            self._push(min(end, fails), DONE if is_done else LOST, worker, unit)

    def _fails_at(self, worker: int, start: float) -> float:
        """Memoryless, so drawn anew for each unit; but a worker that is killed for certain is killed then."""
        fails = inf
        if self._cluster.failures_per_hour:
            fails = start + self._random.exponential(3600 / self._cluster.failures_per_hour)
        return min(fails, max(start, self._killed.get(worker, inf)))

    def _kill_idle(self, now: float, worker: int) -> None:
        """At its second a worker that is at a unit loses it by that unit's own event."""
        if worker in self._idle:
            self._idle.remove(worker)
            heapq.heapify(self._idle)
            self._restart(now, worker)

    def _restart(self, now: float, worker: int) -> None:
        if self._killed.get(worker, inf) <= now:
            del self._killed[worker]
        if self._cluster.restart_s < inf:
            self._push(now + self._cluster.restart_s, BACK, worker, -1)

    def _push(self, when: float, kind: str, worker: int, unit: int) -> None:
        heapq.heappush(self._events, (when, next(self._order), kind, worker, unit))
