"""``dissect ui``: on this machine only, from any folder, and gone when it is stopped."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagster_and.cli import serving
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.foundation.rooms import ROOMS, group_name
from deploy.parts import free_ports

Dissect = Callable[..., tuple[int, str, str]]


def test_the_ui_refuses_a_port_that_is_taken_and_names_a_free_one(dissect: Dissect, home: Path):
    with socket.socket() as taken:
        taken.bind((serving.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, err = dissect("ui", "--port", port)
    assert code == 1
    found = re.search(rf"Port {port} of 127\.0\.0\.1 can't be served on .*`dissect ui --port (\d+)`", err)
    assert found, err
    assert port < int(found[1]) < port + 100
    assert not home.exists()


@pytest.mark.parametrize("settings", ["storage: [", "- a", "nonsense: 5"])
def test_the_ui_refuses_settings_that_dagster_cannot_take(dissect: Dissect, home: Path, settings: str):
    (home / "dagster").mkdir(parents=True)
    (home / "dagster" / "dagster.yaml").write_text(settings)
    code, _, err = dissect("ui", "--port", free_ports(1)[0])
    assert code == 1
    assert f"Dagster can't take {home / 'dagster' / 'dagster.yaml'}" in err


def test_the_ui_serves_this_machine_only_from_absolute_paths():
    arguments = serving.command(3210)
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    workspace = Path(arguments[arguments.index("--workspace") + 1])
    assert workspace.is_absolute()
    assert workspace.is_file()


QUERY = """{
    workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError { __typename } } } }
    assetNodes { assetKey { path } groupName description partitionKeys
                 assetChecksOrError { ... on AssetChecks { checks { name } } } }
    shouldShowNux
}"""


def asked(port: int, process: subprocess.Popen) -> dict[str, Any]:
    """The answer to the query, once the code location is loaded."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": QUERY}).encode(),
        {"Content-Type": "application/json"},
    )
    while process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["data"]
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    raise AssertionError(f"it ended with {process.returncode}")


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_ui_shows_the_rooms_in_order_and_ends_on_ctrl_c(home: Path, parsed: Home, tmp_path: Path):
    shutil.copytree(parsed.cache, home / "cache")
    with socket.socket() as free:
        free.bind((serving.HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from dagster_and.cli import app; app()", "ui", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        answer = asked(port, process)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    (entry,) = answer["workspaceOrError"]["locationEntries"]
    assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation"
    nodes = {node["assetKey"]["path"][-1]: node for node in answer["assetNodes"]}
    assert sorted({node["groupName"] for node in nodes.values()}) == [group_name(room) for room in ROOMS]
    assert all(node["description"] for node in nodes.values())
    assert set(nodes["activations"]["partitionKeys"]) >= {"ast-demo", "ast-esc10", "ast-esc50"}
    assert [check["name"] for check in nodes["activations"]["assetChecksOrError"]["checks"]] == ["activations_suite"]
    assert answer["shouldShowNux"] is False
    assert f"http://127.0.0.1:{port}" in output
    assert "Warning" not in output
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((serving.HOST, port), timeout=5)
