"""Runs whose process was killed: told Dagster, or they would seem to go on, and keep their places in pools.

Each run holds a file locked while its process lives; a file that can be locked is what a killed one has left.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from dagster_and.foundation.home import Home

if TYPE_CHECKING:
    from dagster import DagsterInstance

GONE = "The process of this run is gone. What was finished is kept; started again, it goes on from there."


@contextmanager
def under_way(home: Home, run_id: str) -> Iterator[None]:
    """A run is under way while the block lasts."""
    place = _folder(home) / run_id
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(place):
        yield
        place.unlink(missing_ok=True)


def began(home: Home) -> float | None:
    """When the first of the runs began that are under way now, in seconds since the epoch; None where none is."""
    moments = []
    for place in _folder(home).glob("*"):
        with suppress(FileNotFoundError):  # it has just ended
            moment = place.stat().st_mtime  # before it is tried, which may touch it
            try:
                with FileLock(place, timeout=0):
                    pass
            except Timeout:
                moments.append(moment)
    return min(moments, default=None)


def end_killed(home: Home, instance: "DagsterInstance") -> list[str]:
    """Tell Dagster of every run whose process is gone that it has failed, and leave its places in pools to others.

    Returns:
        the ids of the runs that it took to be under way.
    """
    ended = []
    for place in _folder(home).glob("*"):
        try:
            with FileLock(place, timeout=0):
                if _end(place.name, instance):
                    ended.append(place.name)
                place.unlink(missing_ok=True)
        except Timeout:
            continue
    return ended


def _end(run_id: str, instance: "DagsterInstance") -> bool:
    run = instance.get_run_by_id(run_id)
    if run is None:
        return False
    if not run.is_finished:
        instance.report_run_failed(run, GONE)
    if instance.event_log_storage.supports_global_concurrency_limits:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return not run.is_finished


def _folder(home: Home) -> Path:
    return home.dagster / "under_way"
