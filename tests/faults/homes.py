"""``AND_HOME`` where no folder is, or can be, and a home in which something lies that is not what it should be."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from dagster_and.foundation.home import Home
from tests.faults import trying
from tests.faults.trying import Tried, at_once, ended, ended_well, same, told, undisturbed

COMMANDS = (
    ("list",), ("check", "planted-demo"), ("run", "planted-demo"), ("sql", "select 1"), ("cache",), ("find", "siren"),
    ("trace", "1"), ("compare", "a", "b"), ("report", "planted-demo"), ("explore", "--export", "none/site"),
    ("prune", "planted-demo", "--concept", "siren", "--dry-run"),
    ("export", "planted-demo", "--as", "dataset", "--to", "none/set"),
)  # fmt: skip
INSIDE = (
    "lake", "cache", "checkpoints", "dagster", "dissections", "reports", "warehouse.duckdb", "last_build.json",
    "dbt.log", "dagster/dagster.yaml", "dagster/last_outcomes", "cache/manifest.json", "cache/soundbank",
    "lake/probing_clips", "lake/.lock",
)  # fmt: skip
LONG = "x" * 255


def homes(place: Path, _: int, __: random.Random) -> Iterator[Tried]:
    """An ``AND_HOME`` that is none: each command says so, before any work."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "file").write_text("no folder")
    (place / "loop").symlink_to(place / "loop")
    (place / "dangling").symlink_to(place / "nowhere" / "else")
    every = {
        "a file": place / "file", "below a file": place / "file" / "home", "a link to itself": place / "loop",
        "a link to nowhere": place / "dangling", "a device": Path("/dev/null"), "below /proc": Path("/proc/home"),
        "too long a name": place / f"{LONG}x", "too long a path": place.joinpath(*[LONG] * 16),
        "a name with a line's end": place / "a\nb", "a name with a question mark": place / "a?b",
    }  # fmt: skip
    for name, root in every.items():
        for command in COMMANDS:
            run = at_once(Home(root), *command)
            holds, outcome = ended(run)
            if command[0] == "run" and run.code == 0:
                holds, outcome = False, "it ran"
            yield Tried("home", f"AND_HOME is {name}: dissect {' '.join(command)}", holds, outcome)


def insides(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """Something else in the place of a file or folder of a finished home: the next run makes good, or says what to do;
    and once that is moved away, it makes good.
    """
    calm, _ = trying.calm()
    every = [(inside, how) for inside in INSIDE for how in _ODD]
    for number, (inside, how) in enumerate(chance.sample(every, min(times, len(every)) or len(every))):
        house = undisturbed(place / str(number))
        there = house.home.root / inside
        _remove(there)
        _ODD[how](there)
        run = house.dissect("run", "tiny")
        if run.code:
            yield Tried("inside a home", f"{inside} is {how}", *told(run))
            _remove(there)
            house.add("tiny")
            run = house.dissect("run", "tiny")
        holds, outcome = ended_well(run)
        yield Tried("inside a home", f"{inside} was {how}", *(same(house, calm) if holds else (holds, outcome)))
        shutil.rmtree(house.home.root)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _full_folder(path: Path) -> None:
    path.mkdir()
    (path / "something").write_text("else")


_ODD: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_text("else"),
    "a folder": _full_folder,
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nowhere": lambda path: path.symlink_to(path.with_name("nowhere")),
    "gone": lambda _: None,
}
