"""The workers of a Dask scheduler do the work.

Work is pickled once and sent once; a task is the number of a unit. Dask runs a lost worker's units again, on others.
The work itself is the result of a task, too, and not data that was scattered: that would be lost with its last worker.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import cloudpickle
from distributed import Future, KilledWorker

from dagster_and.engine.carrying import Carried, Refused, done
from dagster_and.engine.connecting import GPU, Cluster
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.obstacles import AGAIN
from dagster_and.foundation.progress import progress, say
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS, PROBING_CLIPS
from dagster_and.method.arrays.batches import Spread

U = TypeVar("U")
R = TypeVar("R")

UNITS_A_THREAD = 4
"""So the last units of a room keep nobody waiting long, and none is so small that it is lost among what it costs."""
RETRIES = 2
"""Of a unit that fails by an error of its own: a file system may be away for a while."""
LOOK_EVERY_S = 5.0
PATIENCE_S = 300.0
"""How long a run waits for the first worker to come, or for one to come back."""
TELL_EVERY_S = 10.0


@dataclass(frozen=True)
class Scheduled:
    """See :class:`dagster_and.engine.protocol.Engine`."""

    cluster: Cluster
    tell: Callable[[str], object]

    @property
    def shares(self) -> int:
        """Some for every thread of the workers that there are now."""
        return UNITS_A_THREAD * max(1, sum(worker["nthreads"] for worker in self.cluster.workers().values()))

    @property
    def devices(self) -> frozenset[str]:
        """A GPU where a worker was started with one."""
        offers = any(worker["resources"].get(GPU) for worker in self.cluster.workers().values())
        return frozenset({"cpu", "cuda"} if offers else {"cpu"})

    @property
    def in_words(self) -> str:
        """Address, workers and threads."""
        workers = self.cluster.workers().values()
        gpus = sum(bool(worker["resources"].get(GPU)) for worker in workers)
        threads = sum(worker["nthreads"] for worker in workers)
        return f"{self.cluster.address}, {len(workers)} workers, {threads} threads" + (f", {gpus} GPUs" if gpus else "")

    def activations(self, lake: Lake, dissection: str, label: str, device: str = "cpu") -> Spread:
        """Row groups, which workers read."""
        clips = lake.read(PROBING_CLIPS, dissection, ["clip_id"]).height

        def each(work: Callable[[range], R], spans: Sequence[range]) -> Iterator[R]:
            return self._mapped(work, spans, label, "neurons", device=device, is_alone=False)

        return Spread(lake.pieces(ACTIVATIONS, dissection), clips, each, self.shares)

    def each(self, work: Callable[[U], R], units: Sequence[U], label: str, of: str = "units") -> Iterator[R]:
        """A unit on a thread of a worker."""
        return self._mapped(work, units, label, of, device="cpu", is_alone=False)

    def passes(
        self, work: Callable[[range], R], units: Sequence[range], label: str, of: str, device: str = "cpu"
    ) -> Iterator[R]:
        """A unit on a worker, of those with a GPU where that is the device."""
        return self._mapped(work, units, label, of, device=device, is_alone=True)

    def _mapped(
        self, work: Callable, units: Sequence, label: str, of: str, *, device: str, is_alone: bool
    ) -> Iterator[Any]:
        """Results in the order of the units, as they come; whoever stops asking calls the rest off."""
        if not units:
            return
        client, mark = self.cluster.client, uuid.uuid4().hex
        carried = Carried(mark, cloudpickle.dumps((work, units)), is_alone)
        needs = {} if device == "cpu" else {"resources": {GPU: 1}}
        names = [_named(number, units, label, of) for number in range(len(units))]
        work_there = client.submit(Carried, *vars(carried).values(), key=f"work of {label}-{mark}", pure=False)
        keys = [f"{label}-{mark}-{number}" for number in range(len(units))]
        futures = client.map(
            done, range(len(units)), carried=work_there, key=keys, retries=RETRIES, pure=False, **needs
        )
        try:
            ready: dict[int, Any] = {}
            place = 0
            for number, result in progress(self._completed(futures, names, label, device), label, "units", len(units)):
                ready[number] = result
                while place in ready:
                    yield ready.pop(place)
                    place += 1
        finally:
            client.cancel([*futures, work_there])

    def _completed(
        self, futures: Sequence[Future], names: Sequence[str], label: str, device: str
    ) -> Iterator[tuple[int, Any]]:
        """Number and result of every unit as it is done."""
        numbers, finished = {future.key: number for number, future in enumerate(futures)}, SimpleQueue[Future]()
        for future in futures:
            future.add_done_callback(finished.put)
        self.tell(f"{label}: {len(futures)} units on {self.in_words}")
        watch = _Watch(self, label, device)
        left = len(futures)
        while left:
            try:
                future = finished.get(timeout=LOOK_EVERY_S)
            except Empty:
                watch.look(len(futures) - left, len(futures))
                continue
            number = numbers[future.key]
            try:
                result = future.result(timeout=LOOK_EVERY_S)
            except TimeoutError:  # whoever held it has gone, and it is made again
                finished.put(future)
                watch.look(len(futures) - left, len(futures))
                continue
            except KilledWorker as error:
                raise UserError(_deadly(names[number], error)) from error
            except CancelledError as error:
                raise UserError(_gone(self.cluster.address)) from error
            if isinstance(result, Refused):
                raise UserError(result.sentence)
            future.release()  # or it would be made again, if its worker were lost later
            left -= 1
            watch.done(len(futures) - left, len(futures))
            yield number, result


class _Watch:
    """Tells how far the work is, and sees whether anybody is left to do it."""

    def __init__(self, engine: Scheduled, label: str, device: str):
        self._engine, self._label, self._device = engine, label, device
        self._told = time.monotonic()
        self._alone_since: float | None = None

    def done(self, units: int, of: int) -> None:
        self._alone_since = None
        now = time.monotonic()
        if units == of or now - self._told > TELL_EVERY_S:
            self._told = now
            self._engine.tell(f"{self._label}: {units} of {of} units done")

    def look(self, units: int, of: int) -> None:
        """Wait on, or give up.

        Raises:
            UserError: there has been no worker for :data:`PATIENCE_S`, or the scheduler is gone.
        """
        address = self._engine.cluster.address
        try:
            workers = self._engine.cluster.workers().values()
        except (OSError, CancelledError) as error:
            raise UserError(_gone(address)) from error
        what = "workers" if self._device == "cpu" else "workers with a GPU"
        if any(self._device == "cpu" or worker["resources"].get(GPU) for worker in workers):
            self._alone_since = None
            return
        now = time.monotonic()
        if self._alone_since is None:
            self._alone_since = now
            line = (
                f"{self._label}: {units} of {of} units done, and {address} has no {what} left; waiting up to "
                f"{PATIENCE_S:.0f} s for one."
            )
            self._engine.tell(line)
            say(line)
        elif now - self._alone_since > PATIENCE_S:
            raise UserError(
                f"{address} has had no {what} for {PATIENCE_S:.0f} s, with {units} of {of} units of {self._label} "
                f"done: start some with `dask worker {address}`, then {AGAIN}."
            )


def _named(number: int, units: Sequence, label: str, of: str) -> str:
    unit = units[number]
    which = f"{of} {unit.start} to {unit.stop - 1}" if isinstance(unit, range) else f"{of} {unit}"
    return f"Unit {number + 1} of {len(units)} of {label} ({which})"


def _deadly(name: str, error: KilledWorker) -> str:
    return (
        f"{name} has ended {error.allowed_failures + 1} workers one after another, the last on "
        f"{error.last_worker.host}: most likely a worker has too little memory for it. Start workers with more "
        f"(--memory-limit), or fewer of them on a machine, then {AGAIN}."
    )


def _gone(address: str) -> str:
    return (
        f"The Dask scheduler at {address} has gone away, and with it the units at work: start it again, then {AGAIN}."
    )
