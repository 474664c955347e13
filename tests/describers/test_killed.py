"""Killed at any moment, the next run repeats at most what was in flight, and comes to the same answers."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dagster_and.home import REPOSITORY
from tests.llm_server import LlmServer

KILLS = 5
CONCURRENCY = 3
REQUESTS = 90
THINKS_S = 0.03


def start(server: LlmServer, home: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.describers.summarising", server.url, str(home), str(REQUESTS)],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
    )


def finish(process: subprocess.Popen) -> list:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return json.loads(output)


@pytest.mark.slow
def test_killed_at_random_moments_it_repeats_at_most_what_was_in_flight(serve, tmp_path: Path):
    server = serve(delay_s=THINKS_S)
    chance = random.Random(4711)
    for _ in range(KILLS):
        calls = server.calls
        process = start(server, tmp_path / "killed")
        deadline = time.monotonic() + 60
        while server.calls < calls + chance.randint(2, 12) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, THINKS_S))
        assert process.poll() is None, "it was through before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.communicate()
    killed = finish(start(server, tmp_path / "killed"))
    assert REQUESTS <= server.calls <= REQUESTS + KILLS * CONCURRENCY

    other = serve()
    undisturbed = finish(start(other, tmp_path / "undisturbed"))
    assert other.calls == REQUESTS
    assert [value for value, _ in killed] == [value for value, _ in undisturbed]
    calls = server.calls
    assert finish(start(server, tmp_path / "killed")) == killed
    assert server.calls == calls


@pytest.mark.slow
def test_two_processes_share_the_store(serve, tmp_path: Path):
    server = serve(delay_s=THINKS_S)
    first, second = start(server, tmp_path), start(server, tmp_path)
    assert finish(first) == finish(second)
    assert REQUESTS <= server.calls < 2 * REQUESTS + 2 * CONCURRENCY
    calls = server.calls
    assert finish(start(server, tmp_path))
    assert server.calls == calls
