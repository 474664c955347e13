"""What runs on a worker: work that came once for all units, on one of them."""

from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Any

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.memory import keep_freed_memory

KEPT = 2
"""Works that a process keeps ready: two runs may be at work at once."""
_READY: OrderedDict[str, "tuple[Any, Any]"] = OrderedDict()
_READYING = Lock()
_ALONE = Lock()


@dataclass(frozen=True)
class Carried:
    """Work and its units, pickled: units are asked for by number, so a task is a number and no more.

    ``is_alone``: only one unit at a time in a process.
    """

    name: str
    pickled: bytes
    is_alone: bool


@dataclass(frozen=True)
class Refused:
    """A sentence for people in place of a result: doing the unit again would come to the same."""

    sentence: str


def done(number: int, carried: Carried) -> Any:
    """The result of one unit, or what stands in the way."""
    try:
        work, units = _ready(carried)
        with _ALONE if carried.is_alone else nullcontext():
            return work(units[number])
    except UserError as error:
        return Refused(str(error))


def _ready(carried: Carried) -> tuple[Any, Any]:
    """Unpickled once a process."""
    from distributed.protocol.pickle import loads
    from threadpoolctl import threadpool_limits

    with _READYING:
        if carried.name not in _READY:
            threadpool_limits(1, "blas")  # as on this machine's own cores, and for good: all that runs here are units
            keep_freed_memory()
            _READY[carried.name] = loads(carried.pickled)
            while len(_READY) > KEPT:
                _READY.popitem(last=False)
        return _READY[carried.name]
