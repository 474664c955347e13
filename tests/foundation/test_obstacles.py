"""Disks, folders and databases that can't be used are said; other faults are not taken for them."""

import errno
import os
import re
import resource
import shutil
import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dagster_and.foundation.obstacles import obstacle, obstacle_in


def caught(work: Callable[[], object]) -> BaseException:
    try:
        work()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def no_room() -> None:
    with Path("/dev/full").open("w") as file:
        file.write("x")


def too_large(path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        path.write_bytes(bytes(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def broken_database(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    connection = sqlite3.connect(path)
    try:
        connection.execute("select * from answers")
    finally:
        connection.close()


def full_folder(path: Path) -> None:
    (path / "from").mkdir()
    (path / "from" / "icon.svg").write_text("x")
    shutil.copytree(path / "from", path / "to", copy_function=lambda *_: no_room())


def parquet_without_its_end(path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    table = pl.DataFrame({f"column_{n}": ["x"] for n in range(2000)})
    table.write_parquet(path / "whole.parquet")
    resource.setrlimit(resource.RLIMIT_FSIZE, ((path / "whole.parquet").stat().st_size * 3 // 4, limits[1]))
    try:
        table.write_parquet(path / "x.parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "full disk": (lambda _: no_room(), "no room for it .No space left on device.: free some"),
    "file too large": (lambda p: too_large(p / "x"), "can't be written.* no room for it .File too large."),
    "missing": (lambda p: (p / "none" / "x").write_text(""), "none/x can't be used .No such file or directory."),
    "too long": (lambda p: (p / ("x" * 300)).write_text(""), r"x\.\.\. can't be used .File name too long.: write a sh"),
    "a folder": (lambda p: p.read_text(), "can't be used .Is a directory."),
    "broken database": (lambda p: broken_database(p / "a.db"), "database of AND_HOME .*not a database"),
    "no database": (lambda p: sqlite3.connect(p / "none" / "a.db"), "database of AND_HOME .*unable to open"),
    "a copied folder": (full_folder, "no room for it .No space left on device.: free some"),
    "parquet's end": (
        parquet_without_its_end,
        "A Parquet file of AND_HOME or of the output can't be written to its end",
    ),
    "parquet": (lambda p: pl.DataFrame({"a": [1]}).write_parquet(p / "none" / "x.parquet"), "can't be used"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_the_machine_has_in_the_way_is_said_in_one_line(case: str, tmp_path: Path):
    make, words = FAULTS[case]
    sentence = obstacle(caught(lambda: make(tmp_path)))
    assert sentence is not None
    assert "\n" not in sentence
    assert re.search(words, sentence), sentence


@pytest.mark.parametrize("case", ["full disk", "missing", "a folder", "broken database", "no database"])
def test_what_was_printed_of_an_error_is_said_as_the_error_itself(case: str, tmp_path: Path):
    error = caught(lambda: FAULTS[case][0](tmp_path))
    (printed,) = traceback.format_exception_only(error)
    assert obstacle_in(printed) == obstacle(error)


@pytest.mark.parametrize("printed", ["KeyError: 'fold'\n", "ValueError: a\n", "OSError: no number\n", ""])
def test_what_was_printed_of_another_error_is_not_passed_off_as_the_machines(printed: str):
    assert obstacle_in(printed) is None


def test_a_table_that_is_gone_with_its_database_is_said():
    from sqlalchemy.exc import NoSuchTableError

    said = obstacle(NoSuchTableError("runs"))
    assert said
    assert said.startswith("A database of AND_HOME can't be used (no table runs): see whether its folder")


def test_what_an_error_came_from_is_looked_at_too():
    outer = RuntimeError("the step failed")
    outer.__cause__ = ValueError("within")
    outer.__cause__.__context__ = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/x")
    assert obstacle(outer) == (
        "/data/x can't be written, since there is no room for it (No space left on device): free some, then give the "
        "same command again: what was finished is kept."
    )


@pytest.mark.parametrize("error", [ValueError("a"), OSError("no number"), sqlite3.ProgrammingError("a"), KeyError("a")])
def test_a_fault_of_the_program_is_not_passed_off_as_the_machines(error: Exception):
    assert obstacle(error) is None
