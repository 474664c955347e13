"""What starts Dask elsewhere: the job that SLURM would be given, and the cluster for Kubernetes."""

import os
import subprocess
import sys

import pytest
import yaml

from dagster_and.foundation.home import REPOSITORY

SCRIPT = (
    "--cores",
    "4",
    "--memory",
    "16GB",
    "--queue",
    "long",
    "--script",
    "--port",
    "0",
    "--dashboard",
    "127.0.0.1:0",
)


def job(*more: str) -> list[str]:
    """Lines of the script of a job."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.slurm", *SCRIPT, *more],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    return done.stdout.splitlines()


def test_a_slurm_job_is_a_worker_of_one_thread_for_each_core():
    lines = job()
    assert {"#SBATCH -p long", "#SBATCH --cpus-per-task=4", "#SBATCH -t 04:00:00"} <= set(lines)
    (command,) = (line for line in lines if "dask_worker" in line)
    assert command.startswith(f"{sys.executable} -m distributed.cli.dask_worker tcp://")
    assert "--nthreads 1" in command
    assert "--nworkers 4" in command
    assert "--resources" not in command


def test_a_slurm_job_with_a_gpu_is_one_worker_that_offers_it():
    lines = job("--gpu")
    assert "#SBATCH --gres=gpu:1" in lines
    (command,) = (line for line in lines if "dask_worker" in line)
    assert "--resources GPU=1" in command
    assert "--nworkers" not in command


@pytest.mark.parametrize("part", ["scheduler", "worker"])
def test_dask_itself_takes_the_commands_of_the_kubernetes_cluster(part: str):
    from distributed.cli import dask_scheduler, dask_worker

    command = {"scheduler": dask_scheduler, "worker": dask_worker}[part].main
    (container,) = manifest()["spec"][part]["spec"]["containers"]
    assert container["args"][:2] == ["dask", part]
    command.make_context(part, container["args"][2:])


def test_the_kubernetes_service_finds_the_scheduler_of_its_cluster():
    cluster = manifest()
    scheduler = cluster["spec"]["scheduler"]
    named = {port["name"] for port in scheduler["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in scheduler["service"]["ports"]} == named == {"tcp-comm", "http-dashboard"}
    assert scheduler["service"]["selector"] == {
        "dask.org/cluster-name": cluster["metadata"]["name"], "dask.org/component": "scheduler",
    }  # fmt: skip


def test_all_pods_see_one_home():
    worker = manifest()["spec"]["worker"]["spec"]
    (mount,) = worker["containers"][0]["volumeMounts"]
    assert {"name": "AND_HOME", "value": mount["mountPath"]} in worker["containers"][0]["env"]
    assert [volume["name"] for volume in worker["volumes"]] == [mount["name"]]


def manifest() -> dict:
    return yaml.safe_load((REPOSITORY / "deploy" / "dask-cluster.yaml").read_text())
