"""A Dask scheduler: reached, and its workers looked at before any work."""

import atexit
import uuid
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from dagster_and.engine.looking import Look, look, show
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.software import software
from dagster_and.lake.store import Lake

CONNECT_S = 10
GPU = "GPU"
"""The resource that a worker with a GPU of its own is started with."""
INSTALL = "pip install 'dagster-and[cluster]'"
_clusters: dict[str, "Cluster"] = {}
_CONNECTING = Lock()


@dataclass
class Cluster:
    """A scheduler that has been reached. ``seen``: workers that have been looked at, with the lake that they saw."""

    address: str
    client: Any
    seen: set[tuple[str, str]] = field(default_factory=set)

    def workers(self) -> dict[str, dict[str, Any]]:
        """Those that there are now, by address.

        Raises:
            OSError: the scheduler does not answer.
        """
        return self.client.scheduler_info()["workers"]


def connected(address: str, where: str, lake: Lake) -> Cluster:
    """The scheduler at an address; each worker is looked at once in a process.

    Args:
        address: of the scheduler.
        where: what people have written before the address: a setting or a variable.
        lake: that the workers have to see.

    Raises:
        UserError: Dask is not installed, nobody answers, there are no workers, or one has other software or another
            lake.
    """
    with _CONNECTING:
        cluster = _clusters.get(address)
        if cluster is None or cluster.client.status != "running":
            cluster = _clusters[address] = Cluster(address, _client(address, where))
        try:
            _look_at(cluster, where, lake)
        except OSError as error:
            raise UserError(_unreachable(address, where, error)) from error
        return cluster


def disconnect() -> None:
    """Leave all schedulers."""
    with _CONNECTING:
        for cluster in _clusters.values():
            cluster.client.close(timeout=1)
        _clusters.clear()


atexit.register(disconnect)


def _client(address: str, where: str) -> Any:
    try:
        import dask.config
        from distributed import Client
    except ImportError:
        raise UserError(
            f"{where}{address} needs Dask, which is not installed: {INSTALL}, or write {where}local."
        ) from None
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"})  # work goes there once, on purpose
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False, name="dissect")
    except (OSError, TimeoutError, ValueError) as error:
        raise UserError(_unreachable(address, where, error)) from error


def _unreachable(address: str, where: str, error: Exception) -> str:
    said = " ".join(str(error).split())[:200]
    return (
        f"No Dask scheduler answers at {where}{address} ({said}): start one there with `dask scheduler`, and workers, "
        f"or write {where}local."
    )


def _look_at(cluster: Cluster, where: str, lake: Lake) -> None:
    workers = cluster.workers()
    if not workers:
        raise UserError(
            f"The Dask scheduler at {where}{cluster.address} has no workers: start some with "
            f"`dask worker {cluster.address} --nworkers auto --nthreads 1`."
        )
    place = lake.storage.place
    new = [worker for worker in workers if (worker, place) not in cluster.seen]
    if not new:
        return
    if not cluster.seen:
        _require_same("The Dask scheduler", cluster.client.run_on_scheduler(software), cluster.address)
    token = uuid.uuid4().hex
    show(lake, token)
    for address, found in cluster.client.run(look, lake, workers=new, on_error="return").items():
        name = f"The worker {workers[address]['name']} on {workers[address]['host']}"
        if not isinstance(found, Look):
            raise UserError(
                f"{name} can't run this package ({type(found).__name__}: {found}): install the same version there, "
                f"{INSTALL}."
            )
        _require_same(name, found.software, cluster.address)
        if found.noted != token:
            raise UserError(
                f"{name} sees another lake than {place}: give it that folder at the same path, as over NFS, or "
                "keep the lake in a bucket (AND_LAKE)."
            )
        cluster.seen.add((address, place))


def _require_same(name: str, there: dict[str, str], address: str) -> None:
    for what, here in software().items():
        if there.get(what) != here:
            raise UserError(
                f"{name} at {address} runs {what} {there.get(what, 'of no known version')}, and here it is {here}: "
                "tables must not hang on who makes them, so install the same there, and start it again."
            )
