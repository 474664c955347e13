"""Killed at any moment, the next run repeats at most what was in flight, and comes to the same answers."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from dagster_and.foundation.home import REPOSITORY
from tests.llm_server import LlmServer, Say

KILLS = 5
CONCURRENCY = 3
REQUESTS = 90
THINKS_S = 0.03


def start(server: LlmServer, home: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.llm.summarising", server.url, str(home), str(REQUESTS)],
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
def test_two_processes_ask_what_both_want_once(serve, tmp_path: Path):
    server = serve(delay_s=THINKS_S)
    first, second = start(server, tmp_path), start(server, tmp_path)
    assert finish(first) == finish(second)
    assert server.calls == REQUESTS
    calls = server.calls
    assert finish(start(server, tmp_path))
    assert server.calls == calls


FILTERED = Say(status=400, body={"error": {"message": "Filtered.", "code": "content_filter"}})


@pytest.mark.slow
@pytest.mark.parametrize(("refusal", "answers"), [(None, 1), (FILTERED, 3)], ids=["answered", "refused"])
def test_killed_before_any_statement_an_answer_and_its_call_are_both_kept_or_neither(
    serve, tmp_path: Path, refusal: Say | None, answers: int
):
    server = serve(lambda *_: refusal)
    killing = [sys.executable, "-m", "tests.llm.killing", server.url, str(tmp_path)]
    told = subprocess.run(killing, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, timeout=240).stdout
    fates = [json.loads(line) for line in told.splitlines()]
    sent = Counter(re.findall(r"caption \d+\.", str(body["messages"]))[0] for body in server.requests)
    for fate in fates:
        assert fate["kept"] == fate["ended"]
        assert fate["begun"] - fate["kept"] in (0, 1)  # one was in flight
        assert fate["finally"]["kept"] == fate["finally"]["ended"] == answers
        assert sent[fate["caption"]] == fate["finally"]["begun"] == fate["begun"] + answers - fate["kept"]
    assert {fate["kept"] for fate in fates} == set(range(answers + 1))
    assert {fate["begun"] - fate["kept"] for fate in fates} == {0, 1}
    assert [fate["through"] for fate in fates] == [False] * (len(fates) - 1) + [True]
