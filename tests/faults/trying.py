"""What was done to the product, how often, and how it ended."""

import atexit
import io
import os
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock

from dagster_and.foundation.home import Home
from dagster_and.orchestration.narration import UNFORESEEN
from tests.end_to_end.conftest import House, Run, finish
from tests.same_tables import compare, tables

TRACE = "Traceback (most recent call last)"
FAILED = 1
REASON = re.compile(r"(?:error:|  (?!dbt models:|built and tested:)[a-z][a-z0-9_]*:|  check failed) (?=\S)(.+)")
CLASS = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Failure|Interrupt)\b")
"""How a library's error begins that nobody has put into words; within a sentence it may be quoted."""
CODE = re.compile(r"\bdagster_and\.\w+\.|\binstance of [A-Z]|\(\w+(?:Error|Exception)\)")
PLACE = re.compile(r"/\w|`dissect|\bAND_[A-Z]|\b[a-z]+[._][a-z]+|\b(?:table|warehouse|lake|PostgreSQL|clip|neuron) ")
FEWEST_WORDS = 6
SHOWN = 240
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
    """Whether a run that failed said why in words, and these words; one that was misused has not been tried."""
    said = sentences(run.printed)
    wrong = [f"{why}: {sentence}" for sentence in said for why in [unclear(sentence)] if why]
    if TRACE in run.printed:
        wrong.insert(0, "a trace")
    if run.code != FAILED:
        wrong.insert(0, "another exit code than 1")
    if not said:
        wrong.append(f"no sentence: {' '.join(run.printed.split())[-120:]}")
    return not wrong, f"exit {run.code}: {'; '.join(wrong or said[:1])}"[:SHOWN]


def sentences(printed: str) -> list[str]:
    """What a command that failed gave as its reasons: after ``error:``, after a step's name, or of a check."""
    return [found[1].strip() for line in printed.splitlines() if (found := REASON.match(line))]


def unclear(sentence: str) -> str | None:
    """What a reader would miss in a reason, as far as a program can see it."""
    if CODE.search(sentence):
        return "names a class of the code"
    if CLASS.match(sentence) or sentence.startswith(UNFORESEEN):
        return "nobody has put it into words"
    if len(sentence.split()) < FEWEST_WORDS:
        return "too short to say what is wrong and where"
    if not PLACE.search(sentence):
        return "names no file, setting, table or command"
    return None if sentence.endswith((".", ")", "`")) else "does not end"


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


def at_once(home: Home, *arguments: str) -> Run:
    """``dissect`` in this process, for commands that end before any work: what starts an interpreter takes longer."""
    from typer.testing import CliRunner

    from dagster_and.cli import app
    from dagster_and.cli.app import console

    before, console.file = console.file, io.StringIO()
    try:
        done = CliRunner(env={"AND_HOME": str(home.root)}).invoke(app, list(arguments))
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
    with FileLock(root / ".made"):
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
