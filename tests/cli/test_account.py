"""What ``dissect run`` says at its end."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from dagster_and.cli.account import _worth, give
from dagster_and.foundation.home import Home
from dagster_and.orchestration.narration import Outcome


@pytest.mark.parametrize("failure", [None, "dbt build: a test of the whole warehouse fails"])
def test_a_warehouse_that_was_not_made_is_not_passed_over(tmp_path: Path, failure: str | None):
    """Not every test of dbt is a check of one asset, so that 0 may have failed all the same."""
    outcome, printed = Outcome(checks_passed=3, errors=[failure] if failure else []), io.StringIO()
    give([], {"warehouse": outcome}, Home(tmp_path), Console(file=printed, width=200))
    assert ("could not all be made" in printed.getvalue()) == (failure is not None)
    assert ("make sql" in printed.getvalue()) == (failure is None)


JUDGED = {"classes": 10, "held_out_fold": 5, "held_out_clips": 40, "chance_accuracy": 0.1}
YELLOW = "\x1b[33m"


def account_of(**facts: object) -> str:
    printed = io.StringIO()
    _worth(JUDGED | facts, Console(file=printed, width=200, force_terminal=True, color_system="standard"))
    return printed.getvalue()


def test_a_network_near_chance_is_said_in_yellow_and_one_above_it_is_not():
    near, above = account_of(held_out_accuracy=0.15), account_of(held_out_accuracy=0.8)
    assert f"{YELLOW}As far as these clips can tell, the network has hardly learned its classes" in near
    assert YELLOW not in above
    assert "fold 5: 80.0% of 40 clips (65.2% to 89.5%; chance 10.0%)." in above


def test_a_network_that_cannot_be_judged_is_said_with_the_reason():
    said = account_of(classes=None, held_out_accuracy=None)
    assert "can't be judged: it has no head" in said
    assert YELLOW not in said
