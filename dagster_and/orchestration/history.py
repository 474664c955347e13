"""What Dagster keeps of runs of `dissect run`: of each job and dissection the last few. A run adds megabytes to its
storage, so that a home in which one works every day would grow without end.
"""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_and.foundation.home import Home

if TYPE_CHECKING:
    from dagster import DagsterInstance

KEPT = 5
"""Runs of each job and dissection, the last one among them."""
LARGEST_LOG = 4 << 20
"""Bytes of what dbt printed, before a new file is begun; the one before is kept."""


def forget_older(job: str, partition: str | None, instance: "DagsterInstance") -> None:
    """Forget all but the last runs of a job and partition that were started at a prompt and are over.

    Call it after a run that ended well: it has made, or seen to, every asset and check of the older ones, so that what
    Dagster shows of the present comes from it. Who started a run otherwise, in the UI or by a sensor, keeps it. A kill
    leaves a run of which there is less to see; it is forgotten next time.
    """
    from dagster import DagsterRunStatus, RunsFilter
    from dagster._core.storage.tags import PARTITION_NAME_TAG
    from sqlalchemy.exc import SQLAlchemyError

    from dagster_and.jobs import ATTENDED

    over = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    tags = {ATTENDED: "yes"} | ({PARTITION_NAME_TAG: partition} if partition else {})
    with suppress(OSError, SQLAlchemyError):  # a database that others hold, a disk that is full: next time
        for run in instance.get_runs(RunsFilter(job_name=job, statuses=over, tags=tags))[KEPT:]:
            _forget(run.run_id, instance)


def _forget(run_id: str, instance: "DagsterInstance") -> None:
    """Its events, what its checks said, its files, and last the run itself, by which the rest is found."""
    from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable

    events = instance.event_log_storage
    events.delete_events(run_id)
    if isinstance(events, SqlEventLogStorage):
        with events.index_connection() as connection:  # Dagster itself never forgets these
            table = AssetCheckExecutionsTable
            connection.execute(table.delete().where(table.c.run_id == run_id))
    if isinstance(events, SqliteEventLogStorage):  # a file a run, which keeps its size when it is emptied
        for path in Path(events.path_for_shard(run_id)).parent.glob(f"{run_id}.db*"):
            path.unlink(missing_ok=True)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.run_storage.delete_run(run_id)


def log_of_dbt(home: Home) -> Path:
    """The file to which what dbt prints is added; a long one is called ``dbt.log.1`` first."""
    log = home.root / "dbt.log"
    with suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_name("dbt.log.1"))
    return log
