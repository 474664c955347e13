"""A run of ``dissect`` in a process of its own, watched from outside: seconds, peak memory and bytes of every room."""

import json
import os
import subprocess
import sys
import threading
import time
from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.pipeline.world import NAME, Size, lay_out
from dagster_and.foundation.home import REPOSITORY
from dagster_and.foundation.rooms import ROOMS

CHILD = Path(__file__).with_name("child.py")
EVERY_S = 0.1
MIB = 1 << 20


@dataclass(frozen=True)
class Room:
    """What a room took: its checks included."""

    room: str
    seconds: float
    peak_mib: float
    """Resident memory of the run and all processes that it started, at its highest while the room was at work."""
    mib: float
    """What lies on disk afterwards."""


@dataclass(frozen=True)
class Run:
    """One run at one size."""

    share: str
    neurons: int
    clips: int
    seconds: float
    peak_mib: float
    rooms: tuple[Room, ...]
    steps: dict[str, float]
    """Seconds of every step that took one or more."""


def run(home: Path, size: Size, code: Path = REPOSITORY) -> Run:
    """Lay the benchmark out in an empty home and run all of it, with the product that lies in ``code``.

    Raises:
        RuntimeError: the run failed; its last words are in the message.
    """
    lay_out(home, size)
    output = home / "steps.json"
    watched, start = _watched(home, code, output), time.time()
    told = json.loads(output.read_text())
    spent, peaks, steps = defaultdict(float), defaultdict(float), {}
    for step in told["steps"]:
        seconds = step["end"] - step["start"]
        spent[step["room"]] += seconds
        peaks[step["room"]] = max(peaks[step["room"]], watched.peak(step["start"], step["end"]))
        if seconds >= 1:
            steps[step["step"]] = round(seconds, 1)
    bytes_of = _bytes(home)
    order = [*ROOMS[: ROOMS.index("staging")], "warehouse", "figures"]
    rooms = [Room(r, round(spent[r], 2), round(peaks[r]), round(bytes_of.get(r, 0) / MIB, 2)) for r in order]
    seconds = told["end"] - told["start"]
    return Run(
        size.share, size.neurons, size.clips, round(seconds, 1), round(watched.peak(0, start)), tuple(rooms),
        dict(sorted(steps.items(), key=lambda step: -step[1])),
    )  # fmt: skip


class _Watched:
    """Resident memory, in MiB, by the clock."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.mib: list[float] = []

    def watch(self, process: psutil.Process, is_over: threading.Event) -> None:
        while not is_over.wait(EVERY_S):
            try:
                together = [process, *process.children(recursive=True)]
                resident = sum(p.memory_info().rss for p in together if p.is_running())
            except psutil.Error:  # one has just ended
                continue
            self.times.append(time.time())
            self.mib.append(resident / MIB)

    def peak(self, start: float, end: float) -> float:
        """The highest reading in that time, or that before where there is none."""
        first, last = bisect(self.times, start), bisect(self.times, end)
        return max(self.mib[max(0, first - 1) : max(first, last)], default=0.0)


def _watched(home: Path, code: Path, output: Path) -> _Watched:
    environment = os.environ | {"AND_HOME": str(home), "PYTHONPATH": str(code), "DAGSTER_HOME": str(home / "dagster")}
    log = home / "run.log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, CHILD, output, NAME], cwd=code, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        watched, is_over = _Watched(), threading.Event()
        watcher = threading.Thread(target=watched.watch, args=(psutil.Process(process.pid), is_over))
        watcher.start()
        code_of = process.wait()
        is_over.set()
        watcher.join()
    if not output.exists():
        raise RuntimeError(f"the run of {home} ended with {code_of}:\n{log.read_text()[-3000:]}")
    return watched


def _bytes(home: Path) -> dict[str, int]:
    """Bytes of the lake's tables by room, of the warehouse, and of figures."""
    from dagster_and.lake.tables import TABLES

    sizes: dict[str, int] = defaultdict(int)
    rooms = {table.name: table.room for table in TABLES}
    for file in (home / "lake").glob("*/*/*.parquet"):
        sizes[rooms.get(file.parts[-3], "")] += file.stat().st_size
    sizes["warehouse"] = (home / "warehouse.duckdb").stat().st_size
    sizes["figures"] = sum(file.stat().st_size for file in (home / "reports").rglob("*") if file.is_file())
    return sizes
