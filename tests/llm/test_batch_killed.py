"""Killed before any step, a run in batches asks nothing twice and loses no answer, whichever mode the next one has."""

import json
import re
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from dagster_and.foundation.home import REPOSITORY
from tests.llm.batch_killing import QUESTIONS
from tests.llm_server import Say


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("then", ["batch", pytest.param("live", marks=pytest.mark.cluster)])
def test_killed_before_any_step_nothing_is_asked_twice_and_nothing_lost(serve_batches, tmp_path: Path, then: str):
    def script(body, _):
        """One of the questions has its usable answer at the second attempt."""
        return Say("") if "word 1" in body["messages"][1]["content"] and body["seed"] == 0 else None

    server = serve_batches(script=script)
    killing = [sys.executable, "-m", "tests.llm.batch_killing", server.url, str(tmp_path), then]
    told = subprocess.run(killing, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, timeout=580).stdout
    fates = [json.loads(line) for line in told.splitlines()]
    sent = Counter(re.findall(r"step \d+ word", str(body["messages"]))[0] for body in [*server.requests, *server.live])
    assert len(fates) > 40
    for fate in fates:
        assert fate["answers"] == {"usable": QUESTIONS, "empty": 1}, fate
        assert fate["calls"] == {"answered": QUESTIONS + 1}, fate
        assert fate["open"] == 0
        assert sent[fate["name"]] == QUESTIONS + 1, fate
    assert set(server.asked.values()) == {1}
    assert server.orphans() == []
    assert [fate["through"] for fate in fates] == [False] * (len(fates) - 1) + [True]


@pytest.mark.slow
def test_two_processes_share_their_batches(serve_batches, tmp_path: Path):
    server = serve_batches()
    code = "from pathlib import Path; from tests.llm.batch_killing import judge; judge({!r}, Path({!r}), 'word')"
    run = [sys.executable, "-c", code.format(server.url, str(tmp_path))]
    threads = [threading.Thread(target=subprocess.run, args=(run,), kwargs={"cwd": REPOSITORY}) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == QUESTIONS
    assert set(server.asked.values()) == {1}
