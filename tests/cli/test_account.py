"""What ``dissect run`` says at its end."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from dagster_and.cli.account import give
from dagster_and.foundation.home import Home
from dagster_and.orchestration.narration import Outcome


@pytest.mark.parametrize("failure", [None, "dbt build: a test of the whole warehouse fails"])
def test_a_warehouse_that_was_not_made_is_not_passed_over(tmp_path: Path, failure: str | None):
    """Not every test of dbt is a check of one asset, so that 0 may have failed all the same."""
    outcome, printed = Outcome(checks_passed=3, errors=[failure] if failure else []), io.StringIO()
    give([], {"warehouse": outcome}, Home(tmp_path), Console(file=printed, width=200))
    assert ("could not all be made" in printed.getvalue()) == (failure is not None)
    assert ("make sql" in printed.getvalue()) == (failure is None)
