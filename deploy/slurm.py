"""``python -m deploy.slurm``: a Dask scheduler here, and workers as SLURM jobs, until Ctrl-C; see docs/scaling.md.

    python -m deploy.slurm --jobs 4 --cores 16 --memory 64GB --queue cpu
    python -m deploy.slurm --jobs 8 --cores 4 --memory 32GB --queue gpu --gpu
    python -m deploy.slurm --cores 16 --memory 64GB --script        # only what SLURM would be given

A job is a process for each core, or with ``--gpu`` one process, which has a GPU of its own.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any

from dask import config
from dask_jobqueue.slurm import SLURMCluster

THIRD_DEATH = {"distributed.scheduler.allowed-failures": 2}
"""A unit that ends three workers is not given to a fourth."""


def cluster(asked: argparse.Namespace) -> SLURMCluster:
    """The scheduler, without a job yet."""
    gpu: dict[str, Any] = {
        "worker_extra_args": ["--resources", "GPU=1"], "job_extra_directives": ["--gres=gpu:1"],
    }  # fmt: skip
    return SLURMCluster(
        queue=asked.queue, account=asked.account, walltime=asked.walltime, interface=asked.interface,
        cores=asked.cores, memory=asked.memory, processes=1 if asked.gpu else asked.cores, python=sys.executable,
        scheduler_options={"port": asked.port, "dashboard_address": asked.dashboard}, **(gpu if asked.gpu else {}),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, say the address, and wait for Ctrl-C; or print a job's script."""
    parser = argparse.ArgumentParser(prog="python -m deploy.slurm", description="Dask workers as SLURM jobs.")
    parser.add_argument("--jobs", type=int, default=1, help="how many; default 1")
    parser.add_argument("--cores", type=int, required=True, help="of a job")
    parser.add_argument("--memory", required=True, help="of a job, as 64GB")
    parser.add_argument("--gpu", action="store_true", help="a GPU for each job")
    parser.add_argument("--queue", help="SLURM's partition")
    parser.add_argument("--account", help="who pays")
    parser.add_argument("--walltime", default="04:00:00", help="of a job; default 04:00:00")
    parser.add_argument("--interface", help="network that the machines share, as ib0")
    parser.add_argument("--port", type=int, default=8786, help="of the scheduler; default 8786")
    parser.add_argument("--dashboard", default=":8787", help="address of Dask's page; default :8787")
    parser.add_argument("--script", action="store_true", help="only print what SLURM would be given")
    asked = parser.parse_args(arguments)
    with config.set(THIRD_DEATH):
        started = cluster(asked)
    with started:
        if asked.script:
            print(started.job_script())
            return 0
        started.scale(jobs=asked.jobs)
        print(f"export AND_SCHEDULER={started.scheduler_address}")
        print("Ctrl-C ends the scheduler and its jobs.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
