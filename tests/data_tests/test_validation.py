"""What the bridge to Great Expectations promises: nothing broken passes, bad rows are bounded, imports are light."""

import subprocess
import sys
import time
from dataclasses import replace

import pandas as pd
import pytest
from pydantic import ValidationError

from dagster_and.foundation.errors import UserError
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import CONCEPTS, TARGETS
from data_tests.suite import RANGE, Expectation, read_suite
from data_tests.validation import judge, validate


def expectation(kind: str, **kwargs) -> Expectation:
    return Expectation(type=kind, kwargs=kwargs, notes="A test.")


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (expectation("expect_the_impossible", column="a"), "can't be built"),
        (expectation(RANGE, column="a", minimum=1), "can't be built"),
        (expectation(RANGE, column="nowhere", min_value=1), "can't be computed"),
        (expectation("expect_column_values_to_match_regex", column="a", regex="("), "can't be computed"),
    ],
)
def test_a_broken_expectation_is_a_failure_that_names_it(broken: Expectation, says: str):
    sound = expectation("expect_column_values_to_not_be_null", column="a")
    (failure,) = judge(pd.DataFrame({"a": ["x", "y"]}), [broken, sound], ["a"])
    assert failure.expectation is broken
    assert says in failure.observed
    assert len(failure.sentence) < 500


def test_a_million_bad_rows_are_counted_quickly_and_ten_shown():
    frame = pd.DataFrame({"a": range(1_000_000), "b": 0.5})
    judge(frame[:1], [expectation(RANGE, column="b", min_value=0)], ["a"])  # imports are not timed
    start = time.monotonic()
    (failure,) = judge(frame, [expectation(RANGE, column="b", min_value=1)], ["a"])
    assert time.monotonic() - start < 20
    assert failure.unexpected_rows == 1_000_000
    assert failure.bad_rows == tuple({"a": row, "b": 0.5} for row in range(10))


def test_a_query_that_does_not_run_is_a_failure(clean_lake: Lake):
    suite = replace(read_suite(CONCEPTS), query="select *, nowhere from this")
    (failure,) = validate(CONCEPTS, clean_lake, "tiny", suite).failures
    assert "nowhere" in failure.sentence


def test_a_table_that_is_not_there_is_an_error(clean_lake: Lake):
    with pytest.raises(UserError, match="targets of dissection nobody has not been made yet"):
        validate(TARGETS, clean_lake, "nobody")


def test_a_suite_says_no_more_than_it_may():
    with pytest.raises(ValidationError, match="because"):
        Expectation.model_validate({"type": RANGE, "kwargs": {}, "notes": "x", "because": "y"})


def test_importing_the_checks_is_light():
    """Definitions load in every process and on every reload of the UI; Great Expectations takes seconds."""
    code = "import sys, data_tests.checks; print([m for m in ('great_expectations', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
