"""Judge one table of one dissection by its suite. Knows Great Expectations, knows nothing of Dagster.

Great Expectations and pandas take seconds to import, so they are imported where they are used.
"""

import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from dagster_and.lake.store import Lake
from dagster_and.lake.tables import Table
from data_tests.frame import column_names, select_frame
from data_tests.suite import Expectation, Suite, read_suite

if TYPE_CHECKING:
    import pandas as pd

BAD_ROWS_SHOWN = 10
LONGEST_TEXT = 200

QUERY_RUNS = Expectation(
    type="expect_query_to_run", kwargs={}, notes="DuckDB can run the suite's query on the dissection's tables."
)
"""Not one of Great Expectations' own: what fails where there is no frame to judge."""


@dataclass(frozen=True)
class Failure:
    """One expectation that doesn't hold.

    ``unexpected_rows`` is None where the expectation speaks of a whole table, or could not be judged at all;
    ``bad_rows`` are the first of them in the order of the key: key columns, then the expectation's columns.
    """

    expectation: Expectation
    observed: str
    unexpected_rows: int | None = None
    bad_rows: tuple[dict[str, Any], ...] = ()

    @property
    def sentence(self) -> str:
        """What should hold, and what was found."""
        return f"{self.expectation.name} fails, {self.observed}: {self.expectation.notes}"


@dataclass(frozen=True)
class SuiteResult:
    """The verdict on one table of one dissection; ``rows`` is 0 where there was no frame to judge.

    ``is_reused``: it was reached before, of the very same things.
    """

    table: Table
    dissection: str
    expectations: int
    rows: int
    failures: tuple[Failure, ...]
    is_reused: bool = False

    @property
    def success(self) -> bool:
        """Every expectation was judged, and holds."""
        return not self.failures


def validate(table: Table, lake: Lake, dissection: str, suite: Suite | None = None) -> SuiteResult:
    """Hold one partition against its suite (by default the one in ``suites/``).

    Where columns are missing, too many or out of order, that is the one failure: nothing else could be judged.

    Raises:
        UserError: the table has not been materialised for this dissection.
    """
    import duckdb
    import pandas as pd

    suite = suite or read_suite(table)
    expectations = 1 + len(suite.expectations)
    empty = pd.DataFrame(columns=pd.Index(column_names(lake, table, dissection)))
    if failures := judge(empty, [suite.header], ()):
        return SuiteResult(table, dissection, expectations, 0, tuple(failures))
    try:
        frame = select_frame(lake, table, dissection, suite.query)
    except duckdb.Error as error:
        return SuiteResult(table, dissection, expectations, 0, (Failure(QUERY_RUNS, _short(error)),))
    failures = judge(frame, suite.expectations, table.key)
    return SuiteResult(table, dissection, expectations, len(frame), tuple(failures))


def judge(frame: "pd.DataFrame", expectations: Sequence[Expectation], key: Sequence[str]) -> list[Failure]:
    """The expectations that don't hold for a frame (with a plain 0..n-1 index), in their order.

    One that Great Expectations can't build or can't compute is a failure like any other, never a pass.
    """
    configurations: dict[int, Any] = {}
    failures: dict[int, Failure] = {}
    for position, expectation in enumerate(expectations):
        try:
            configurations[position] = _configuration(expectation, position)
        except Exception as error:  # GX raises its own, pydantic's and marshmallow's errors here
            failures[position] = Failure(expectation, f"it can't be built ({_short(error)})")
    for position, verdict in _verdicts(frame, configurations).items():
        if failure := _failure(verdict, expectations[position], frame, key):
            failures[position] = failure
    return [failures[position] for position in sorted(failures)]


@cache
def _great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # GX imports sre_constants
        import great_expectations
    return great_expectations


def _configuration(expectation: Expectation, position: int) -> Any:
    """The expectation as a GX object that remembers its position: results come in another order."""
    _great_expectations()
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    kwargs, meta = dict(expectation.kwargs), {"position": position}
    return ExpectationConfiguration(expectation.type, kwargs, meta, notes=expectation.notes).to_domain_obj()


def _verdicts(frame: "pd.DataFrame", configurations: dict[int, Any]) -> dict[int, Any]:
    """GX's verdict by position, None where it gives none; the bad rows are looked up where there are any.

    To say yes or no alone takes GX little more than half as long.
    """
    verdicts = _run(frame, list(configurations.values()), "BOOLEAN_ONLY")
    doubtful = [c for position, c in configurations.items() if not _is_good(verdicts.get(position))]
    if doubtful:
        verdicts |= _run(frame, doubtful, "COMPLETE")
    return {position: verdicts.get(position) for position in configurations}


def _is_good(verdict: Any) -> bool:
    return verdict is not None and verdict.success and not _exception(verdict.exception_info or {})


def _run(frame: "pd.DataFrame", configurations: list[Any], detail: str) -> dict[int, Any]:
    """GX results by position, with as much detail as its result format of that name has.

    Bad rows come as positions in the frame: naming them by key columns takes GX four minutes for a million of them.
    """
    batch = _partition().get_batch({"dataframe": frame})
    suite = _great_expectations().ExpectationSuite("suite", expectations=configurations)
    results = batch.validate(suite, result_format={"result_format": detail}).results
    return {result.expectation_config.meta["position"]: result for result in results}


@cache
def _partition() -> Any:
    """What any frame is handed to: to set up GX's context takes it as long as a small table takes."""
    context = _great_expectations().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("lake").add_dataframe_asset("table")
    return asset.add_batch_definition_whole_dataframe("partition")


def _failure(verdict: Any, expectation: Expectation, frame: "pd.DataFrame", key: Sequence[str]) -> Failure | None:
    if verdict is None:
        return Failure(expectation, "it was not judged")
    if message := _exception(verdict.exception_info or {}):
        return Failure(expectation, f"it can't be computed ({_short(message)})")
    if verdict.success:
        return None
    found = verdict.result
    if "unexpected_count" not in found:
        return Failure(expectation, f"observed is {_short(_observed(found))}")
    count, rows = found["unexpected_count"], found.get("unexpected_index_list") or []
    columns = list(dict.fromkeys([*key, *expectation.columns]))
    records = frame.iloc[rows[:BAD_ROWS_SHOWN]][columns].to_dict("records")
    bad_rows = tuple({str(name): _plain(value) for name, value in record.items()} for record in records)
    return Failure(expectation, f"{count} of {found['element_count']} rows", count, bad_rows)


def _observed(found: dict[str, Any]) -> Any:
    """What GX saw in the whole table; of columns only those that are not in their place."""
    mismatched = (found.get("details") or {}).get("mismatched")
    if not mismatched:
        return found.get("observed_value")
    return ", ".join(f"{column['Found']} in place of {column['Expected']}" for column in mismatched)


def _exception(info: dict[str, Any]) -> str | None:
    """GX gives one exception, or one for each metric that it could not compute."""
    single = [info] if "raised_exception" in info else info.values()
    return next((entry["exception_message"] or "no message" for entry in single if entry["raised_exception"]), None)


def _plain(value: Any) -> Any:
    """A cell as plain Python: None for a null, words for what is not a number."""
    import pandas as pd

    if pd.isna(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return "not finite" if isinstance(value, float) and not math.isfinite(value) else value


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."
