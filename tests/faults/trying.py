"""What was done to the product, how often, and how it ended."""

import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.conftest import House, Run, finish
from tests.same_tables import compare, tables

TRACE = "Traceback (most recent call last)"
SEED = 0
BY_PLACE = "building.dissections"
"""Its digests are also of where the home lies."""
ROUNDING = 1e-12


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
    """Whether a run that failed said why in words, and its last words."""
    lines = [line.strip() for line in run.printed.splitlines() if line.strip()]
    last = lines[-1] if lines else "(nothing)"
    return run.code != 0 and TRACE not in run.printed and bool(lines), f"exit {run.code}: {last}"[:240]


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


def undisturbed(place: Path, *names: str) -> House:
    """A home where dissections ran that nobody disturbed.

    Raises:
        RuntimeError: even that failed; what was printed is in the message.
    """
    house = House(place)
    for name in names or ("tiny",):
        house.add(name)
        run = house.dissect("run", name)
        if run.code:
            raise RuntimeError(run.printed)
    return house


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
