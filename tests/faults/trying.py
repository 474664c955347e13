"""What was done to the product, how often, and how it ended."""

import atexit
import io
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.end_to_end.conftest import House, Run, finish
from tests.same_tables import compare, tables

TRACE = "Traceback (most recent call last)"
MISUSED = 2
SEED = 0
BY_PLACE = "building.dissections"
"""Its digests are also of where the home lies."""
ROUNDING = 1e-12
CALM = "FAULTS_CALM"


@dataclass(frozen=True)
class Tried:
    """One fault of a kind, and its end: whether that is one that the product promises, and in words."""

    kind: str
    fault: str
    holds: bool
    outcome: str


Kind = Callable[[Path, int, random.Random], Iterator[Tried]]
"""A folder of its own, how often to try, and where chance comes from."""


def told(run: Run) -> tuple[bool, str]:
    """Whether a run that failed said why in words, and its last words; one that was misused has not been tried."""
    lines = [line.strip() for line in run.printed.splitlines() if line.strip()]
    last = lines[-1] if lines else "(nothing)"
    return run.code not in (0, MISUSED) and TRACE not in run.printed and bool(lines), f"exit {run.code}: {last}"[:240]


def ended_well(run: Run) -> tuple[bool, str]:
    """Whether a run ended as it should."""
    if run.code == 0 and TRACE not in run.printed:
        return True, "ended well"
    return False, f"exit {run.code}: {' '.join(run.printed.split())[-240:]}"


def finished(process: subprocess.Popen) -> Run:
    """A run that was started, once it has ended."""
    printed = finish(process)
    return Run(process.returncode, printed, 0.0)


def ended(run: Run) -> tuple[bool, str]:
    """Whether a run ended as it should, or said why not."""
    return told(run) if run.code else ended_well(run)


def at_once(house: House, *arguments: str) -> Run:
    """``dissect`` in this process, for commands that end before any work: what starts an interpreter takes longer."""
    from typer.testing import CliRunner

    from dagster_and.cli import app
    from dagster_and.cli.app import console

    before, console.file = console.file, io.StringIO()
    try:
        done = CliRunner(env={"AND_HOME": str(house.home.root)}).invoke(app, list(arguments))
        printed = console.file.getvalue() + done.output
    finally:
        console.file = before
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        printed += f"{TRACE}: {type(done.exception).__name__}: {done.exception}"
    return Run(done.exit_code, printed, 0.0)


def undisturbed(place: Path) -> House:
    """A copy of a home where the tiny dissection ran that nobody disturbed."""
    shutil.copytree(calm()[0].home.root, place, symlinks=True)
    return House(place)


@cache
def calm() -> tuple[House, float]:
    """The home of a run that nobody disturbed, not one to change, and the seconds that it took; made once a process,
    or in the folder that ``FAULTS_CALM`` names, where it may lie already.

    Raises:
        RuntimeError: even that run failed; what was printed is in the message.
    """
    named = os.environ.get(CALM)
    root = Path(named or tempfile.mkdtemp(prefix="faults-calm-"))
    if not named:
        atexit.register(shutil.rmtree, root, ignore_errors=True)
    house, took = House(root), root / "seconds"
    if not took.exists():
        house.add("tiny")
        run = house.dissect("run", "tiny")
        if run.code:
            raise RuntimeError(run.printed)
        took.write_text(f"{run.seconds:.1f}")
    return house, float(took.read_text())


def differences(house: House, other: House) -> list[str]:
    """Tables of lake and warehouse that are not the same in two homes, and what is out of step.

    Tables of the lake are compared to the last bit. DuckDB's cores may add up a mean in another order.
    """
    here, there = ({n: t for n, t in tables(home) if n != BY_PLACE} for home in (house.home, other.home))
    unequal = sorted(here.keys() ^ there.keys())
    for name in sorted(here.keys() & there.keys()):
        found = compare(name, there[name], here[name], tolerance=0 if name.startswith("lake.") else ROUNDING)
        if not found.is_equal or found.gone or found.new:
            unequal.append(f"{name} ({', '.join(found.unequal) or 'rows'})")
    stale = house.lake.stale_tables("tiny")
    return unequal + [f"{name} is out of step" for name in stale]


def same(house: House, other: House) -> tuple[bool, str]:
    """Whether two homes hold the same, in words."""
    unequal = differences(house, other)
    return not unequal, f"differ: {', '.join(unequal)[:200]}" if unequal else "all tables equal, none missing"
