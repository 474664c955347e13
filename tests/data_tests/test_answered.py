"""Unusable answers are counted aloud, and stop nothing; a warning doesn't make a run a failure."""

import io
from pathlib import Path

from dagster import AssetCheckSeverity, AssetSelection, Definitions, StaticPartitionsDefinition, asset, define_asset_job
from rich.console import Console

from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ANSWERS, NEURON_SENTENCES, SUMMARIES
from dagster_and.orchestration.narration import Narrator
from dagster_and.resources import House
from data_tests.answered import answers_usable, counted
from data_tests.validation import validate
from tests.data_tests.conftest import DISSECTION

DISSECTIONS = StaticPartitionsDefinition([DISSECTION])
LEFT_WITHOUT = "update this set status = 'empty', reason = 'The answer holds no text.' where answer_id like '%2'"


@asset(name=ANSWERS.name, partitions_def=DISSECTIONS)
def answers():
    """Stands for the room that collected them."""


@asset(deps=[answers], partitions_def=DISSECTIONS)
def downstream():
    """Runs although answers are missing: their rows say why."""


def run(lake: Lake, root: Path, partition: str | None = DISSECTION):
    root.mkdir()
    (root / "lake").symlink_to(lake.root)
    kept = AssetSelection.all() if partition else AssetSelection.all_asset_checks()
    defs = Definitions(
        assets=[answers, downstream],
        asset_checks=[answers_usable(DISSECTIONS)],
        jobs=[define_asset_job("job", kept)],
        resources={"house": House(root=str(root))},
    )
    return defs.resolve_job_def("job").execute_in_process(partition_key=partition, raise_on_error=False)


def test_an_unusable_attempt_before_a_usable_one_is_counted_and_passes(clean_lake: Lake):
    result = counted(clean_lake.read(ANSWERS, DISSECTION))
    assert result.passed
    assert result.description == ("0 of 7 requests have no usable answer; of 8 answers 1 are unusable (1 cut_off).")
    assert result.metadata["unusable answers"].value == 1


def test_nothing_asked_is_nothing_missing(clean_lake: Lake):
    assert counted(clean_lake.read(ANSWERS, DISSECTION).head(0)).passed


def test_a_request_without_a_usable_answer_is_a_warning_that_stops_nothing(soil, tmp_path: Path):
    result = run(soil(ANSWERS, LEFT_WITHOUT), tmp_path / "home")
    (check,) = result.get_asset_check_evaluations()
    assert result.success
    assert (check.passed, check.severity) == (False, AssetCheckSeverity.WARN)
    assert check.description.startswith("1 of 7 requests have no usable answer; of 8 answers 2 are unusable")
    assert "| summarise | 3 | 2 |" in check.metadata["by task"].value
    assert downstream.key in {e.asset_key for e in result.all_events if e.is_step_materialization}
    narrator = Narrator(Console(file=(printed := io.StringIO()), width=200), {}, with_traceback=False)
    narrator._checked(check)
    assert narrator.outcome.is_good
    assert narrator.outcome.checks_warning == ["answers: answers_usable"]
    assert "warning answers: answers_usable: 1 of 7 requests" in printed.getvalue()


def test_a_choice_a_verdict_or_a_summary_from_an_unusable_answer_is_found(soil):
    """The suite of answers looks back at the tables that name them."""
    lake = soil(SUMMARIES, f"update this set answer_id = '{1:032x}' where neuron_id = 1 and direction = 'lowest'")
    (failure,) = validate(ANSWERS, lake, DISSECTION).failures
    assert failure.expectation.columns == ("is_usable_where_taken",)
    assert [row["answer_id"] for row in failure.bad_rows] == [f"{1:032x}"]


def test_a_sentence_from_an_unusable_answer_is_found(soil):
    lake = soil(NEURON_SENTENCES, f"update this set answer_id = '{1:032x}' where neuron_id = 0")
    assert "is_usable_where_taken" in [
        failure.expectation.columns[0] for failure in validate(ANSWERS, lake, DISSECTION).failures
    ]


def test_a_sentence_of_the_rule_may_name_the_answer_that_was_of_no_use(soil):
    lake = soil(NEURON_SENTENCES, f"update this set answer_id = '{1:032x}' where neuron_id = 4")
    assert validate(ANSWERS, lake, DISSECTION).success


def test_a_missing_summary_may_name_the_answer_that_was_of_no_use(soil):
    lake = soil(SUMMARIES, f"update this set answer_id = '{1:032x}' where neuron_id = 5")
    assert validate(ANSWERS, lake, DISSECTION).success
