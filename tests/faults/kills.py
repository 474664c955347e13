"""SIGKILL at random moments of a whole run, neighbours, clocks, and files that somebody has spoilt."""

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from tests.end_to_end.conftest import House, finish, kill
from tests.faults import trying
from tests.faults.trying import Tried, ended_well, same, told, undisturbed

AT_MOST = 8
"""Kills of one run; then it is left alone."""
A_DAY_S = 24 * 3600


def kills(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """The command killed at a random moment, and again when it is given again, until it ends before its time."""
    calm, length_s = trying.calm()
    done = 0
    while done < times:
        house = House(place / f"killed-{done}")
        house.add("tiny")
        moments: list[float] = []
        while len(moments) < AT_MOST and done < times:
            moment = chance.uniform(0.3, length_s)
            if not _killed_after(house, moment):
                break
            moments.append(moment)
            done += 1
        if not moments:  # it had ended before
            shutil.rmtree(house.home.root)
            continue
        run = house.dissect("run", "tiny")
        holds, outcome = ended_well(run)
        if holds:
            holds, outcome = same(house, calm)
        at = ", ".join(f"{moment:.1f}" for moment in moments)
        yield Tried("killed", f"{len(moments)} times, after {at} s", holds, outcome)
        shutil.rmtree(house.home.root)


def neighbours(place: Path, times: int, _: random.Random) -> Iterator[Tried]:
    """The same dissection by two commands at once in one home."""
    calm, _ = trying.calm()
    for number in range(times):
        house = House(place / f"two-{number}")
        house.add("tiny")
        with ThreadPoolExecutor(2) as threads:
            runs = list(threads.map(lambda _, house=house: house.dissect("run", "tiny"), range(2)))
        judged = [ended_well(run) for run in runs]
        holds, outcome = next((found for found in judged if not found[0]), (True, ""))
        yield Tried("neighbours", "one dissection, two commands", *(same(house, calm) if holds else (holds, outcome)))
        shutil.rmtree(house.home.root)


def clocks(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """All files of a finished home dated otherwise, as after a copy or beside a clock that is wrong."""
    calm, _ = trying.calm()
    for days in [-20_000, -1, 1, 20_000][: max(2, times)]:
        house = undisturbed(place / f"days{days}")
        for path in house.home.root.rglob("*"):
            if path.is_file() and not path.is_symlink():
                moment = max(1, path.stat().st_mtime + days * A_DAY_S)
                os.utime(path, (moment, moment))
        holds, outcome = ended_well(house.dissect("run", "tiny"))
        yield Tried("clock", f"files {days:+,} days old", *(same(house, calm) if holds else (holds, outcome)))
        shutil.rmtree(house.home.root)


def spoilt(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """A file of the home cut off, overwritten or emptied: the next run makes good what it held, or says what to do."""
    calm, _ = trying.calm()
    kept = ("lake", "cache", "checkpoints", "warehouse.duckdb", "last_build.json")
    files = [p for p in calm.home.root.rglob("*") if p.is_file() and p.relative_to(calm.home.root).parts[0] in kept]
    files = [p for p in files if "dbt" not in p.parts and p.stat().st_size]
    for number in range(times):
        house = undisturbed(place / f"spoilt-{number}")
        inside = chance.choice(sorted(files)).relative_to(calm.home.root)
        how, change = chance.choice(list(_SPOILING.items()))
        victim = house.home.root / inside
        victim.write_bytes(change(victim.read_bytes(), chance))
        run = house.dissect("run", "tiny")
        holds, outcome = ended_well(run)
        if holds:
            holds, outcome = same(house, calm)
        else:
            holds, outcome = told(run)
        yield Tried("spoilt file", f"{inside} {how}", holds, outcome)
        shutil.rmtree(house.home.root)


def held(place: Path, _: int, __: random.Random) -> Iterator[Tried]:
    """The warehouse held for writing by another program, before a run."""
    house = undisturbed(place / "held")
    connection = duckdb.connect(str(house.home.warehouse))
    try:
        for command in (
            ("run", "tiny"),
            ("sql", "select 1"),
            ("compare", "tiny", "tiny"),
            ("trace", "1"),
            ("find", "rain"),
            ("report", "tiny"),
            ("export", "tiny", "--to", str(place / "exported")),
            ("explore", "--export", str(place / "pages")),
        ):
            run = house.dissect(*command)
            yield Tried("warehouse held", " ".join(("dissect", *command)), *told(run))
    finally:
        connection.close()
    yield Tried("warehouse held", "and let go again", *ended_well(house.dissect("run", "tiny")))


def _cut_off(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _changed(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


_SPOILING: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut off": _cut_off,
    "emptied": lambda *_: b"",
    "overwritten": lambda *_: b"spoilt" * 20,
    "one byte changed": _changed,
}


def _killed_after(house: House, seconds: float) -> bool:
    """Whether the command was still running then."""
    process = house.start("run", "tiny")
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if process.poll() is not None:
        finish(process)
        return False
    kill(process)
    return True
