"""The explorer asked for what it must not give, for too much, and while its warehouse is swapped."""

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
from urllib.parse import quote, urlsplit

from dagster_and.foundation.home import REPOSITORY
from tests.end_to_end.conftest import House
from tests.faults.trying import Tried, undisturbed

AT_ONCE = 1000
PATIENCE_S = 120


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
