"""Language models that answer badly, late, or not at all; the explorer asked for too much."""

import http.client
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from dagster_and.foundation.home import REPOSITORY
from tests.end_to_end.conftest import TINY, House
from tests.faults.trying import Tried, ended, ended_well, undisturbed
from tests.llm_server import Say, Script, error, serving, usual_answer

KEY = "sk-a-key-that-nobody-may-see"
DESCRIBED = (
    TINY + "describer: {{kind: llm, base_url: '{url}', model: tiny, api_key_env: FAULTS_KEY, max_retries: 1, "
    "timeout_s: 3}}\n"
)
AT_ONCE = 1000
PATIENCE_S = 120


def language_models(place: Path, times: int, _: random.Random) -> Iterator[Tried]:
    """A server with one fault at a time: the run ends well or says why, and no key is told."""
    made = undisturbed(place / "made")
    os.environ["FAULTS_KEY"] = KEY
    for name, script in list(_SCRIPTS.items())[: times or None]:
        house = House(
            Path(shutil.copytree(made.home.root, place / name.replace(" ", "-").replace("'", ""), symlinks=True))
        )
        with serving(script) as server:
            house.add("tiny", DESCRIBED.format(url=server.url))
            run = house.dissect("run", "tiny")
            holds, outcome = ended(run)
            leaks = [p.name for p in house.home.root.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]
            if KEY in run.printed or leaks:
                holds, outcome = False, f"the key was told: {', '.join(leaks) or 'printed'}"
            yield Tried("language model", name, holds, outcome)
            server.script = lambda *_: None
            asked = server.calls
            again = house.dissect("run", "tiny")
            holds, outcome = ended_well(again)
            kept = f"; {asked} calls before, {server.calls - asked} after"
            yield Tried("language model", f"{name}, then mended", holds, outcome + kept)
        shutil.rmtree(house.home.root)


def explorer(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """Paths that climb, a thousand requests at once, and a warehouse that is swapped while it is read."""
    house = undisturbed(place / "home")
    secret = place / "secret.txt"
    secret.write_text("what nobody may read")
    with _exploring(house) as base:
        found = [_get(base, path) for path in _climbing(place)]
        leaks = [path for path, (_, body) in zip(_climbing(place), found, strict=True) if b"nobody may read" in body]
        worst = max(status for status, _ in found)
        yield Tried(
            "explorer",
            f"{len(found)} paths that climb",
            not leaks and worst < 500,
            f"highest status {worst}; told: {leaks or 'nothing'}",
        )
        asked = [chance.choice(_PAGES) for _ in range(max(50, times * 100))][:AT_ONCE]
        with ThreadPoolExecutor(100) as threads:
            answers = list(threads.map(lambda path: _get(base, path)[0], asked))
        bad = [status for status in answers if status != 200]
        yield Tried(
            "explorer",
            f"{len(asked)} requests, 100 at once",
            not bad,
            f"{len(bad)} did not end with 200: {sorted(set(bad))}",
        )
        with ThreadPoolExecutor(9) as threads:
            swaps = threads.submit(_swap, house, 20)
            while not swaps.done():
                answers += threads.map(lambda path: _get(base, path)[0], [chance.choice(_PAGES) for _ in range(8)])
            swaps.result()
        bad = [status for status in answers if status != 200]
        yield Tried(
            "explorer",
            "a warehouse that is swapped 20 times",
            not bad,
            f"{len(answers)} answers, {len(bad)} not 200: {sorted(set(bad))}",
        )


def _swap(house: House, times: int) -> None:
    """Put a copy in the warehouse's place, as a build does."""
    for _ in range(times):
        copy = house.home.root / "copy.duckdb"
        shutil.copyfile(house.home.warehouse, copy)
        copy.replace(house.home.warehouse)
        time.sleep(0.2)


@contextmanager
def _exploring(house: House) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = house.home.root / "explorer.log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", "from dagster_and.cli import app; app()", "explore", "--port", str(port)],
            stdout=said, stderr=said,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY), "AND_HOME": str(house.home.root)},
        )  # fmt: skip
        try:
            base = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + PATIENCE_S
            while _get(base, "/")[0] != 200 and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.2)
            yield base
        finally:
            process.terminate()
            process.wait(30)


def _get(base: str, path: str) -> tuple[int, bytes]:
    """Status and body; 0 where there was no answer. The path goes out as it is written."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def _climbing(place: Path) -> list[str]:
    ups = ["../" * 6, "..%2f" * 6, "%2e%2e/" * 6, "....//" * 6, "..\\" * 6, "%252e%252e%252f" * 6, "/"]
    target = quote(str(place / "secret.txt").lstrip("/"))
    roots = ("/static/", "/figures/", "/d/", "/d/tiny/clips/", "/d/tiny/clips/0/", "/")
    return [f"{root}{up}{target}" for root in roots for up in ups]


_PAGES = (
    "/", "/figures", "/d/tiny", "/d/tiny/neurons", "/d/tiny/neurons?q=loud", "/d/tiny/neurons/0", "/d/tiny/neurons/7",
    "/d/tiny/clips/0", "/d/tiny/clips/0/sound", "/d/tiny/clips/1/waveform", "/d/tiny/clips/2/spectrogram",
    "/d/tiny/concepts/0", "/static/explorer.css",
)  # fmt: skip


def _always(**how: Any) -> Script:
    return lambda *_: Say(**how)


def _every(number: int, say: Say) -> Script:
    """That answer to every n-th request."""
    return lambda _, count: say if count % number == 0 else None


_SCRIPTS: dict[str, Script] = {
    "500 to all": _always(status=500, body={"error": "down"}),
    "500 to every third": _every(3, Say(status=500)),
    "429 to every third": _every(3, error(429, "slow down")),
    "401": lambda *_: error(401, f"wrong key {KEY}"),
    "403": lambda *_: error(403, "no access"),
    "404": lambda *_: error(404, "no such model"),
    "a redirect elsewhere": _always(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    "no JSON": _always(body="<html>busy</html>"),
    "an empty body": _always(body=""),
    "null": _always(body=None, text=None),
    "a list": _always(body=[]),
    "answers that are no JSON": _always(text="I think that it is loud."),
    "answers that are empty": _always(text=""),
    "answers of a megabyte": _always(text="loud " * 200_000),
    "answers with half a character": _always(text='{"summary": "loud \\ud83d"}'),
    "answers with a null character": _always(text='{"summary": "loud \\u0000 quiet"}'),
    "answers cut off by length": _always(text='{"summary": "lo', finish_reason="length"),
    "refusals": _always(text="", refusal="I can't help with that."),
    "the connection cut": _every(2, Say(text='{"summary": "loud."}', cut_after=30)),
    "answers that take too long": _every(4, Say(text="{}", delay_s=6)),
    "instructions within": lambda body, _: Say(text=usual_answer(body).replace("loud", "<script>alert(1)</script>")),
}  # fmt: skip
