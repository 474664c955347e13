"""What is printed goes to files, pipes and terminals of all kinds: all of it, or the command says that it did not."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_and.foundation.home import REPOSITORY

DISSECT = [sys.executable, "-c", "from dagster_and.cli import app; app()"]
CSV = ["sql", "--as", "csv", "from dim_neurons"]
ROWS = 200_000


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    home.mkdir()
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(f"create table dim_neurons as select unnest(range({ROWS})) as neuron_id")
    return os.environ | {"PYTHONPATH": str(REPOSITORY)}


def test_a_csv_on_a_full_disk_is_no_success(environment: dict[str, str]):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*DISSECT, *CSV], stdout=full, stderr=-1, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert "can't be written, since there is no room for it" in done.stderr


def test_a_csv_in_a_pipe_is_whole(environment: dict[str, str]):
    done = subprocess.run([*DISSECT, *CSV], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines() == ["neuron_id", *map(str, range(ROWS))]


def test_who_wants_the_first_line_alone_gets_it_without_a_word(environment: dict[str, str]):
    with subprocess.Popen([*DISSECT, *CSV], stdout=-1, stderr=-1, text=True, env=environment) as asked:
        assert asked.stdout
        assert asked.stderr
        assert asked.stdout.readline() == "neuron_id\n"
        asked.stdout.close()
        assert asked.stderr.read() == ""
    assert asked.returncode == 141


def test_a_terminal_of_few_letters_is_shown_the_others_by_number(environment: dict[str, str], home: Path):
    (home / "dissections").mkdir()
    (home / "dissections" / "dog-🐶.yaml").touch()
    few = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*DISSECT, "list"], capture_output=True, text=True, env=environment | few, check=True)
    assert r"dog-\U0001f436" in done.stdout
    assert done.stderr == ""
