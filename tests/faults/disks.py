"""Disks that are full, that can't be written, and that are gone while a run goes on."""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.conftest import House
from tests.faults import trying
from tests.faults.trying import Tried, ended, ended_well, finished, same, told, undisturbed

ROOM = "160m"
"""Enough for a whole run of the tiny dissection, and for a warehouse beside the one whose place it takes."""


def full(place: Path, times: int, _: random.Random) -> Iterator[Tried]:
    """A disk of a given size for the home, from nothing to nearly enough; then more room, and the same command."""
    calm, _ = trying.calm()
    needed_kb = sum(p.stat().st_blocks for p in calm.home.root.rglob("*")) // 2
    for number in range(times):
        size_kb = max(64, needed_kb * (number + 1) // (times + 1))
        with _small_disk(place / f"full-{number}", f"{size_kb}k") as root:
            house = House(root / "home")
            house.add("tiny")
            run = house.dissect("run", "tiny")
            if run.code == 0:
                yield Tried("disk full", f"{size_kb} KiB", *ended_well(run))
                continue
            holds, outcome = told(run)
            yield Tried("disk full", f"{size_kb} KiB", holds, outcome)
            subprocess.run(["mount", "-o", f"remount,size={ROOM}", root], check=True)
            holds, again = ended_well(house.dissect("run", "tiny"))
            yield Tried("disk full", f"{size_kb} KiB, then room", *(same(house, calm) if holds else (holds, again)))


OUTPUTS = {
    "report": ("report", "tiny", "--to"),
    "data set": ("export", "tiny", "--to"),
    "Neuronpedia": ("export", "tiny", "--as", "neuronpedia", "--to"),
    "pages": ("explore", "--export"),
    "pruned network": ("prune", "tiny", "--concept", "engine", "--out"),
}
"""What leaves a home, and the command that writes it to the path that follows."""


def outputs(place: Path, _: int, __: random.Random) -> Iterator[Tried]:
    """A disk too small for what a command writes outside the home: nothing of it is left there."""
    house = undisturbed(place / "home")
    for what, command in OUTPUTS.items():
        for size in ("8k", "40k"):
            with _small_disk(place / f"{what}-{size}", size) as root:
                holds, outcome = told(house.dissect(*command, root / f"written{'.html' * (what == 'report')}"))
                left = [path.name for path in root.iterdir()]
                outcome = f"{', '.join(left)} is left; {outcome}" if left else outcome
                yield Tried("output", f"{what}, a disk of {size}", holds and not left, outcome)


def read_only(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """A home, or its lake, on a disk that can be read only: before a run, and while it goes on."""
    for fresh in (True, False):
        with _small_disk(place / f"read-only-{fresh}", ROOM) as root:
            if not fresh:
                undisturbed(root / "home")
            house = House(root / "home")
            house.add("tiny")
            subprocess.run(["mount", "-o", "remount,ro", root], check=True)
            end = ended(house.dissect("run", "tiny"))
            yield Tried("read-only", "a new home" if fresh else "a finished home", *end)
            if not fresh:
                for command in (("sql", "select count(*) from dim_neurons"), ("check", "tiny")):
                    end = ended(house.dissect(*command))
                    yield Tried("read-only", " ".join(("a finished home: dissect", *command)), *end)
    calm, length_s = trying.calm()
    for number in range(times):
        with _small_disk(place / f"mounted-anew-{number}", ROOM) as root:
            house = House(root / "home")
            house.add("tiny")
            process = house.start("run", "tiny")
            moment = chance.uniform(1, length_s)
            time.sleep(moment)
            is_running = process.poll() is None
            _make_read_only(root)
            when = f"from second {moment:.1f} of a run on" if is_running else "after a run"
            yield Tried("read-only", when, *ended(finished(process)))
            subprocess.run(["umount", root], check=True)
            holds, outcome = ended_well(house.dissect("run", "tiny"))
            yield Tried("read-only", f"{when}, then as before", *(same(house, calm) if holds else (holds, outcome)))


def _make_read_only(root: Path) -> None:
    """By a mount over it: what is opened from now on can't be written, what is open already can, as after a network
    disk's mount is made anew. The file system itself can't be made so while one file is open for writing, and a run
    has its log open from beginning to end.
    """
    side = root.with_name(f"{root.name}-side")  # there no file of it is open
    side.mkdir()
    subprocess.run(["mount", "--bind", root, side], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", side], check=True)
    subprocess.run(["mount", "--bind", side, root], check=True)
    subprocess.run(["umount", side], check=True)


def vanished(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """The home, or its lake, deleted under a run."""
    for number in range(times):
        for what in ("", "lake", "cache", "dagster"):
            house = House(place / f"vanished-{number}-{what}")
            house.add("tiny")
            process = house.start("run", "tiny")
            moment = chance.uniform(1, 12)
            time.sleep(moment)
            if process.poll() is None:
                shutil.rmtree(house.home.root / what, ignore_errors=True)
            yield Tried("vanished", f"{what or 'the home'} at {moment:.1f} s", *ended(finished(process)))
            House(house.home.root).add("tiny")
            yield Tried("vanished", f"{what or 'the home'}, then again", *ended_well(house.dissect("run", "tiny")))
            shutil.rmtree(house.home.root, ignore_errors=True)


@contextmanager
def _small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of its own in memory, of that size. Mounting needs root."""
    if os.geteuid():
        raise PermissionError("A disk of a given size is mounted for these: run them as root.")
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        while place.is_mount() and not subprocess.run(["umount", "--lazy", place], check=False).returncode:
            pass  # one may lie over another


def slow(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """A disk that takes its time for whatever changes a file, and longer to say that it is kept."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("A disk is made slow by a small library in C, and there is no C compiler here.")
    place.mkdir(parents=True, exist_ok=True)
    library = place / "slow_disk.so"
    source = Path(__file__).with_name("slow_disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    for number in range(times):
        us = int(10 ** chance.uniform(2, 3.3))
        house = House(place / f"slow-{number}")
        house.add("tiny")
        os.environ |= {"LD_PRELOAD": str(library), "SLOW_DISK_US": str(us)}
        try:
            holds, outcome = ended_well(house.dissect("run", "tiny"))
        finally:
            del os.environ["LD_PRELOAD"]
        judged = same(house, trying.calm()[0]) if holds else (holds, outcome)
        yield Tried("slow disk", f"{us / 1000:.1f} ms a change, five times that a flush", *judged)
