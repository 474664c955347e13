"""What deploy/ holds is read by the programs that it is for, or held against what it speaks of."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.workspace.load import location_origins_from_yaml_paths

from dagster_and.catalogue import GPU, LLM, WAREHOUSE
from dagster_and.foundation.home import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
POOLS = {GPU, LLM, WAREHOUSE}


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / name).read_text())


@pytest.fixture
def compose() -> dict[str, Any]:
    return read("compose.yaml")


@pytest.fixture
def values() -> dict[str, Any]:
    return read("helm-values.yaml")


def project() -> dict[str, Any]:
    import tomllib

    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def test_dagster_takes_its_settings(monkeypatch: pytest.MonkeyPatch):
    settings, custom = dagster_instance_config(str(DEPLOY))
    assert custom is None
    assert settings["storage"]["postgres"]["postgres_url"] == {"env": "AND_POSTGRES"}
    assert settings["run_coordinator"]["class"] == "QueuedRunCoordinator"
    assert settings["concurrency"]["pools"]["default_limit"] >= 1
    assert settings["telemetry"] == {"enabled": False}


def test_dagster_finds_the_code_where_the_environment_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_CODE_HOST", "elsewhere.example.org")
    monkeypatch.setenv("AND_CODE_PORT", "4242")
    (origin,) = location_origins_from_yaml_paths([str(DEPLOY / "workspace.yaml")])
    assert (origin.host, origin.port) == ("elsewhere.example.org", 4242)


def test_every_service_starts_a_program_of_the_image(compose: dict[str, Any]):
    of_image = {name: s for name, s in compose["services"].items() if s["image"] == "audio-network-dissection"}
    assert {"code", "webserver", "daemon", "explorer", "scheduler", "worker", "pools"} == set(of_image)
    for service in of_image.values():
        program = service["command"][0]
        assert program == "sh" or Path(sys.executable).with_name(program).exists(), program


def test_services_wait_for_services_that_are_there(compose: dict[str, Any]):
    services = compose["services"]
    volumes = set(compose["volumes"])
    for name, service in services.items():
        awaited = service.get("depends_on", ())
        assert set(awaited) <= set(services), name
        if isinstance(awaited, dict):
            for other, how in awaited.items():
                assert how["condition"] != "service_healthy" or "healthcheck" in services[other], (name, other)
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            assert source in volumes or (DEPLOY / source).exists(), (name, mount)


def test_nothing_is_served_beyond_this_machine_unless_somebody_says_so(compose: dict[str, Any]):
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_passwords_are_asked_for_and_not_written(compose: dict[str, Any], values: dict[str, Any]):
    text = (DEPLOY / "compose.yaml").read_text()
    assert set(re.findall(r"PASSWORD: (\S+?):", text)) == {"${AND_PASSWORD"}
    assert "postgresqlPassword" not in values["postgresql"]


def test_every_pool_has_a_number_of_places(compose: dict[str, Any]):
    (script,) = compose["services"]["pools"]["command"][2:]
    assert set(re.findall(r"concurrency set (\w+) ", script)) == POOLS


@pytest.mark.skipif(
    not shutil.which("docker")
    or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0,
    reason="there is no docker compose here",
)
def test_docker_takes_the_compose_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AND_PASSWORD", "letters")
    command = ["docker", "compose", "-f", DEPLOY / "compose.yaml", "--profile", "dask", "--profile", "s3", "config"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_image_is_made_of_what_is_there():
    written = (DEPLOY / "Dockerfile").read_text()
    for sources in re.findall(r"^COPY (.+) \S+$", written, re.MULTILINE):
        for source in sources.split():
            assert (REPOSITORY / source).exists(), source
    (torch,) = [one for one in project()["dependencies"] if one.startswith("torch==")]
    assert torch in written
    assert re.search(r"^USER (?!root)\w+$", written, re.MULTILINE)


def test_the_image_leaves_out_what_git_does():
    left_out = (REPOSITORY / ".dockerignore").read_text().split()
    assert {".git", ".venv", "data"} <= set(left_out)
    assert not {"dagster_and", "assets", "data_tests", "dbt_project", "deploy", "dissections"} & set(left_out)


def test_kubernetes_runs_under_the_same_limits(values: dict[str, Any]):
    assert values["additionalInstanceConfig"]["concurrency"] == read("dagster.yaml")["concurrency"]
    assert values["dagsterDaemon"]["runCoordinator"]["type"] == "QueuedRunCoordinator"
    assert values["telemetry"] == read("dagster.yaml")["telemetry"]


def test_kubernetes_gets_the_home_that_is_claimed(values: dict[str, Any]):
    claim = read("home.yaml")
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    (volume,), (mount,) = deployment["volumes"], deployment["volumeMounts"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert mount == {"name": volume["name"], "mountPath": "/data"}
    assert {one["name"]: one["value"] for one in deployment["env"]}["AND_HOME"] == mount["mountPath"]


@pytest.mark.skipif(not shutil.which("kubectl"), reason="there is no kubectl here")
def test_kubectl_takes_the_claim():
    command = ["kubectl", "label", "--local", "-f", DEPLOY / "home.yaml", "app=and", "-o", "yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["kind"] == "PersistentVolumeClaim"


@pytest.mark.parametrize("file", ["compose.yaml", "helm-values.yaml"])
def test_what_is_set_is_told_in_the_manual(file: str):
    manual = (REPOSITORY / "docs" / "home.md").read_text()
    names = set(re.findall(r"\b(AND_[A-Z_]+)\b", (DEPLOY / file).read_text()))
    of_the_file = {"AND_PASSWORD", "AND_GPU_STEPS", "AND_LLM_STEPS", "AND_CODE_HOST", "AND_CODE_PORT"}
    assert {name for name in names - of_the_file if f"`{name}`" not in manual} == set()
    page = (REPOSITORY / "docs" / "deploy.md").read_text()
    assert {name for name in names & of_the_file if name not in page} == set()
