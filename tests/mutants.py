"""``python -m tests.mutants text --sample 60``: whether a room's tests notice when its code is wrong.

mutmut changes the room's code in one place at a time, and runs those tests of the room that go there. Of the changes a
sample is drawn, by the seed the same for the same code. Printed is the share of them that a test fails on, and what
survives: that is to be read, since it is a missing test or a change that changes nothing. docs/mutation.md tells what
was found.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scipy.stats import binomtest

from dagster_and.foundation.home import REPOSITORY

ROOMS = sorted(path.name for path in (REPOSITORY / "tests" / "method").iterdir() if any(path.glob("test_*.py")))
SETTINGS = """
[tool.mutmut]
source_paths = ["dagster_and"]
only_mutate = ["dagster_and/method/{room}/*"]
do_not_mutate = ["*/tables.py"]
also_copy = [{others}]
process_isolation = "forkserver"
forkserver_warmup = "import"
preload_modules_file = "loaded.txt"
timeout_multiplier = 5.0
timeout_constant = 3.0
pytest_add_cli_args = ["-p", "no:cacheprovider", "--hypothesis-profile", "unshrunk", "--timeout", "3600"]
pytest_add_cli_args_test_selection = ["tests/method/{room}"]
use_git_change_detection = false
"""
"""Contracts of tables stay as they are: their words are no behaviour, and the suites hold the tables to the rest.

A process that has run the tests already would hand on what its functions keep by ``lru_cache``, and a change would not
be seen. One that has collected them may have had polars do something, and what is forked from it would wait for polars'
threads without end. So changes are tried from one that has only loaded libraries.

What never ends runs out of processor time: ten times what the tests took, and half a minute for their fixtures, which
mutmut doesn't count. It goes by the clock, too, and on a machine that has other work would take any change for such a
one, so it is kept from that; those that did run out are named.
"""
LOADED = ("numpy", "polars", "pyarrow", "scipy.stats", "torch")
BY_PROCESSOR_TIME = (
    "from mutmut.workers import isolation; isolation.register_timeout = lambda *_: None\n"
    "from mutmut.__main__ import cli; cli()"
)
NEVER_ENDS = (-24, 24, 36, 152, 255)
NOTICED = (1, 3, *NEVER_ENDS)
"""mutmut's numbers of what fails, or never ends."""
NO_TEST = (5, 33)


def main(arguments: Sequence[str] | None = None) -> None:
    """Try changes of a room's code; print a row of a table, and what survives."""
    parser = argparse.ArgumentParser(description="Whether a room's tests notice when its code is wrong.")
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--sample", type=int, default=60, help="how many changes are tried; 0: all")
    parser.add_argument("--seed", type=int, default=0, help="which of them")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix=f"mutants-{chosen.room}-") as folder:
        place = Path(folder)
        lay_out(place, chosen.room)
        mutmut(place, "run", "none of them*", must=False)  # makes them all, sees which test goes where, and tries none
        names = sorted(outcomes(place))
        tried = random.Random(chosen.seed).sample(names, min(chosen.sample or len(names), len(names)))
        mutmut(place, "run", *tried)
        found = {name: number for name, number in outcomes(place).items() if name in set(tried)}
        print(row(chosen.room, len(names), list(found.values())))
        for name in sorted(name for name, number in found.items() if number in NEVER_ENDS):
            print(f"never ended: {name}")
        for name in sorted(name for name, number in found.items() if number not in NOTICED):
            print(f"\n{mutmut(place, 'show', name)}", flush=True)


def row(room: str, all_of_them: int, numbers: Sequence[int | None]) -> str:
    """A row of the table of docs/mutation.md: changes, tried, noticed, survived, untested, score with its interval.

    Raises:
        SystemExit: mutmut has tried none.
    """
    if not numbers or None in numbers:
        raise SystemExit(f"mutmut did not come to an end in {room}: run it there by hand.")
    noticed, untested = (sum(number in kind for number in numbers) for kind in (NOTICED, NO_TEST))
    ends = binomtest(noticed, len(numbers)).proportion_ci(method="wilson")
    score = f"{noticed / len(numbers):.0%} ({ends.low:.0%} to {ends.high:.0%})"
    survived = len(numbers) - noticed - untested
    return f"| `{room}` | {all_of_them} | {len(numbers)} | {noticed} | {survived} | {untested} | {score} |"


def lay_out(place: Path, room: str) -> None:
    """Copy the repository as it is now, and tell mutmut of the room."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in names:
        if (REPOSITORY / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, place / name)
    (place / "loaded.txt").write_text("\n".join(LOADED), encoding="utf-8")
    others = [path.name for path in place.iterdir() if path.name not in ("dagster_and", "tests", "pyproject.toml")]
    with (place / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS.format(room=room, others=", ".join(f'"{name}"' for name in sorted(others))))


def outcomes(place: Path) -> dict[str, int | None]:
    """What became of each change: mutmut's number, None where it has not been tried."""
    files = (place / "mutants").rglob("*.py.meta")
    return {name: number for file in files for name, number in json.loads(file.read_text())["exit_code_by_key"].items()}


def mutmut(place: Path, *arguments: str, must: bool = True) -> str:
    """What mutmut prints where the copy lies, one process at a time; where it fails and must not, it says why."""
    command = [sys.executable, "-c", BY_PROCESSOR_TIME, *arguments]
    command += ["--max-children", "1"] if arguments[0] == "run" else []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if must and done.returncode:
        print(f"{done.stdout[-2000:]}{done.stderr[-2000:]}", file=sys.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
