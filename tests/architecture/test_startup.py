"""What every process pays: the graph loads, and the command answers, without the heavy libraries."""

import json
import os
import subprocess
import sys

import pytest

from dagster_and.foundation.home import Home

HEAVY = (
    "torch", "transformers", "sentence_transformers", "great_expectations", "sklearn", "textblob", "openai", "datasets",
    "pandas", "matplotlib", "scipy", "dask", "distributed",
)  # fmt: skip


def loaded(statement: str, home: Home) -> set[str]:
    """Modules that are there after the statement, in a fresh process."""
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    environment = os.environ | {"AND_HOME": str(home.root)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_graph_loads_without_the_heavy_libraries(home: Home):
    assert loaded("import dagster_and.definitions", home).intersection(HEAVY) == set()


@pytest.mark.parametrize("name", ["ast-demo", "planted-demo", "beats-demo-frozen"])
def test_what_is_trained_or_planted_here_is_checked_without_torch(home: Home, name: str):
    statement = f"""
from dagster_and.dissection import find
from dagster_and.foundation.home import Home
from dagster_and.preflight.checking import check
from dagster_and.preflight.forecast import forecast
home = Home.from_environment()
check(find({name!r}, home), home)
forecast(find({name!r}, home), home)"""
    assert loaded(statement, home).intersection({*HEAVY, "dagster"}) == set()


def test_the_command_answers_without_dagster(home: Home):
    assert loaded("import dagster_and.cli", home).intersection({*HEAVY, "dagster", "dagster_dbt", "dbt"}) == set()
