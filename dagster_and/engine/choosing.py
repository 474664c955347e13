"""Which engine a dissection is computed by: what its file says, unless the environment says otherwise."""

import os
from collections.abc import Callable

from dagster_and.dissection.compute import LOCAL, Compute, is_engine
from dagster_and.engine.local import HERE
from dagster_and.engine.protocol import Engine
from dagster_and.foundation.errors import UserError
from dagster_and.lake.store import Lake

VARIABLE = "AND_SCHEDULER"


def engine_of(section: Compute, lake: Lake, tell: Callable[[str], object] = str) -> Engine:
    """The engine; of a scheduler, once it has been seen that its workers can do the work.

    Args:
        section: of the dissection.
        lake: that workers have to see.
        tell: is told in words how far the work is.

    Raises:
        UserError: the scheduler can't be reached, has no workers, or one of them has other software or another lake.
    """
    address, where = _asked(section)
    if address == LOCAL:
        return HERE
    from dagster_and.engine.connecting import connected  # Dask is loaded where it is asked for
    from dagster_and.engine.scheduled import Scheduled

    return Scheduled(connected(address, where, lake), tell)


def _asked(section: Compute) -> tuple[str, str]:
    """The engine that is asked for, and where, up to its value."""
    named = os.environ.get(VARIABLE, "").strip()
    if named and not is_engine(named):
        raise UserError(
            f"{VARIABLE} is {named!r}, which is no Dask scheduler's address: set it to one, as tcp://host:8786, to "
            f"{LOCAL}, or unset it."
        )
    return (named, f"{VARIABLE}=") if named else (section.engine, "compute.engine: ")
