"""What ``dissect run`` says at its end."""

import io
from pathlib import Path

import duckdb
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


TABLES = """
create table dim_dissections as select 'tiny' as dissection, 4 as clips, 0 as rejected_clips, 3 as neurons, 1 as layers,
    'net' as target, null::integer as classes, null::integer as held_out_fold, null::integer as held_out_clips,
    null::double as held_out_accuracy, null::double as chance_accuracy;
create table neuron_descriptions as select 'tiny' as dissection, unnest(['dog', 'rain', null]) as label,
    unnest([0.9, 0.7, null]) as label_auroc, unnest([null, null, 'No form holds.']) as label_missing_reason,
    unnest(['A dog.', null, null]) as description, 'counting' as describer, null::varchar as missing_reason;
create table rpt_description_truth as select 'tiny' as dissection, null::double as share where false;
create table rpt_last_layer_accuracy as select 'tiny' as dissection where false;
"""


def test_what_nobody_could_judge_is_a_dash(tmp_path: Path):
    """No neuron of the head is named by any concept, so there is no accuracy."""
    nothing = ", ".join(
        f"null::double as {top}_{what}"
        for top in ("top1", "top5")
        for what in ("accuracy", "accuracy_low", "accuracy_high", "chance")
    )
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute(TABLES)
        warehouse.execute(
            f"create or replace table rpt_last_layer_accuracy as select 'tiny' as dissection, 'DB' as method, "
            f"'cosine' as similarity, 0 as neurons_judged, {nothing}"
        )
        warehouse.execute(
            "create or replace table rpt_description_truth as select 'tiny' as dissection, 'a claim' as claim, "
            "0.5 as share, 2 as judged, null::double as share_low, null::double as share_high, null::double as chance"
        )
    printed = io.StringIO()
    give(["tiny"], {"tiny": Outcome(), "warehouse": Outcome()}, Home(tmp_path), Console(file=printed, width=200))
    assert "DB cosine - - to - - - to - 0" in " ".join(printed.getvalue().split())
    assert "chance: top-1 -, top-5 -" in printed.getvalue()
    assert "A claim: 50% of 2 (- to -; chance -)." in printed.getvalue()


def test_the_labelled_are_counted_and_the_others_have_their_reasons(tmp_path: Path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute(TABLES)
    printed = io.StringIO()
    give(["tiny"], {"tiny": Outcome(), "warehouse": Outcome()}, Home(tmp_path), Console(file=printed, width=200))
    assert "Labelled: 2 of 3 neurons, median AUROC 0.80.\n  1 without: No form holds.\n" in printed.getvalue()
    assert "Described: 1 of 3 neurons, by counting." in printed.getvalue()
