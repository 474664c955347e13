"""``python -m benchmarks.long_run``: what grows while one works in one home: memory, handles, threads, disk.

python -m benchmarks.long_run                                # 200 dissections in one process, 40 commands: hours
python -m benchmarks.long_run --dissections 20 --commands 8  # a look

First `dissect run` with that many small dissections, each with a network of its own, in one process; then one of them
run again and again, changed each time, by a command each.
"""

import argparse
import datetime
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import matplotlib as mpl
import numpy as np
import psutil

from benchmarks.pipeline.results import KEPT
from dagster_and.foundation.home import REPOSITORY, Home

mpl.use("agg")

SMALL = """
description: Number {number}, {k} clips at either end.
probing: {{layout: soundbank, clips_per_class: 5, window_s: 0.5}}
captions: {{captioner: dataset}}
target: {{family: embedded_ast, blocks: 1, hidden_size: 16, heads: 2, epochs: 1, seed: {number}}}
top_clips: {{k: {k}}}
pruning: {{concepts: [rain], strategies: [DB], seeds: 1, ablation_seeds: 1, single_adjectives: 0}}
"""
PARTS = ("lake", "cache", "checkpoints", "dagster", "warehouse.duckdb", "answers.sqlite", "dbt.log")
COMMAND = [sys.executable, "-c", "from dagster_and.cli import app; app()"]
MIB = 1 << 20
ROWS = 10


@dataclass(frozen=True)
class Point:
    """How it stood after so many dissections, or commands: MiB, and handles and threads of the process."""

    done: int
    resident_mib: float
    handles: int
    threads: int
    disk_mib: dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep a table and a plot by date."""
    parser = argparse.ArgumentParser(description="What grows while one works in one home.")
    parser.add_argument("--dissections", type=int, default=200)
    parser.add_argument("--commands", type=int, default=40)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="long-run-") as folder:
        home = Home(Path(folder))
        home.dissections.mkdir()
        one = list(_shown(in_one_process(home, chosen.dissections)))
        many = list(_shown(by_commands(home, chosen.commands)))
    today = datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%d")
    text = (
        f"# What grows while one works in one home, {today}\n\n"
        f"`python -m benchmarks.long_run --dissections {chosen.dissections} --commands {chosen.commands}`\n\n"
        f"Dissections one after another in one process:\n\n{table(one)}\n"
        f"One of them changed and run again, a process each time:\n\n{table(many)}\n"
    )
    print(text)
    file = KEPT / f"long-run-{today}.md"
    file.write_text(text, encoding="utf-8")
    plot(one, many, file.with_suffix(".png"))
    print(f"kept in {file}")
    return 0


def in_one_process(home: Home, dissections: int) -> Iterator[Point]:
    """A point at the start of each dissection but the first, and one at the end, which includes the warehouse.

    Raises:
        RuntimeError: the run failed; its last lines are in the message.
    """
    names = [f"d{number:03}" for number in range(dissections)]
    for number, name in enumerate(names):
        (home.dissections / f"{name}.yaml").write_text(SMALL.format(number=number, k=3))
    with _started(home, *names) as process:
        watched, said = psutil.Process(process.pid), []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if line.strip() in (*names[1:], "warehouse"):
                yield _point(names.index(line.strip()) if line.strip() in names else dissections, watched, home)
        if process.wait():
            raise RuntimeError("".join(said[-20:]))


def by_commands(home: Home, commands: int) -> Iterator[Point]:
    """A point after each command; memory and handles are the most that were seen of it.

    Raises:
        RuntimeError: a run failed; its last lines are in the message.
    """
    for number in range(commands):
        (home.dissections / "d000.yaml").write_text(SMALL.format(number=0, k=2 + number % 2))
        with (home.root / "said.txt").open("w+") as said, _started(home, "d000", to=said) as process:
            watched, seen = psutil.Process(process.pid), [(0.0, 0, 0)]
            while process.poll() is None:
                seen.append(_of(watched))
                time.sleep(0.5)
            if process.returncode:
                said.seek(0)
                raise RuntimeError(said.read()[-2000:])
        resident, handles, threads = (max(values) for values in zip(*seen, strict=True))
        yield Point(number + 1, resident, int(handles), int(threads), disk(home))


def disk(home: Home) -> dict[str, float]:
    """MiB of each part of the home, and of the rest."""
    found: dict[str, float] = dict.fromkeys((*PARTS, "the rest"), 0.0)
    for place, _, files in os.walk(home.root):
        for name in files:
            path = Path(place, name)
            part = path.relative_to(home.root).parts[0]
            try:
                found[part if part in PARTS else "the rest"] += path.stat().st_blocks * 512 / MIB
            except FileNotFoundError:
                continue
    return found


def table(points: Sequence[Point]) -> str:
    """Ten of the points, first and last among them, and what each column grew by from the middle to the end."""
    shown = {points[index].done for index in np.linspace(0, len(points) - 1, ROWS).round().astype(int)}
    head = ["done", "resident MiB", "handles", "threads", *(f"{part}, MiB" for part in (*PARTS, "the rest"))]
    lines = [head, ["---:"] * len(head)]
    lines += [
        [f"{value:,.0f}" if value >= 10 else f"{value:.1f}" for value in _values(p)] for p in points if p.done in shown
    ]
    middle, end = points[len(points) // 2], points[-1]
    if end.done > middle.done:
        steps = end.done - middle.done
        grown = [(b - a) / steps for a, b in zip(_values(middle), _values(end), strict=True)]
        lines.append(["each, second half", *(f"{value:+.2f}" for value in grown[1:])])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def plot(one: Sequence[Point], many: Sequence[Point], file: Path) -> None:
    """Memory and disk by number, in one process and by commands."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    for axis, points, what in (
        (axes[0], one, "dissections in one process"), (axes[1], many, "commands, one dissection changed each time")
    ):  # fmt: skip
        done = [point.done for point in points]
        axis.plot(done, [point.resident_mib for point in points], label="resident memory", color="black")
        for part in (*PARTS, "the rest"):
            axis.plot(done, [point.disk_mib[part] for point in points], label=part)
        axis.set(xlabel=what, ylabel="MiB", ylim=(0, None))
        axis.legend()
    figure.savefig(file)
    plt.close(figure)


def _shown(points: Iterator[Point]) -> Iterator[Point]:
    for point in points:
        memory = f"{point.resident_mib:,.0f} MiB, {point.handles} handles, {point.threads} threads"
        print(f"{point.done}: {memory}; {sum(point.disk_mib.values()):,.0f} MiB on disk", flush=True)
        yield point


def _started(home: Home, *names: str, to: IO[str] | int = subprocess.PIPE) -> subprocess.Popen:
    environment = os.environ | {"AND_HOME": str(home.root), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [*COMMAND, "run", *names], cwd=REPOSITORY, env=environment, stdout=to, stderr=subprocess.STDOUT,
        text=True, encoding="utf-8",
    )  # fmt: skip


def _of(process: psutil.Process) -> tuple[float, int, int]:
    try:
        return process.memory_info().rss / MIB, process.num_fds(), process.num_threads()
    except psutil.Error:  # it has just ended
        return 0.0, 0, 0


def _point(done: int, process: psutil.Process, home: Home) -> Point:
    return Point(done, *_of(process), disk(home))


def _values(point: Point) -> list[float]:
    return [point.done, point.resident_mib, point.handles, point.threads, *point.disk_mib.values()]


if __name__ == "__main__":
    sys.exit(main())
