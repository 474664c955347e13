"""Validating one Parquet table against its Great Expectations suite; no Dagster here.

A suite is a YAML file in GX's own terms: expectation types, kwargs, and notes that say why. What the table's contract
already says (columns, nulls) is added from :mod:`dagster_and.method.tables`.
"""

import os
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from dagster_and.lake import Lake
from dagster_and.method.tables import TABLES, Table

if TYPE_CHECKING:
    import pandas as pd

SUITES = Path(__file__).parent / "suites"
SHOWN_ROWS = 10


@dataclass(frozen=True)
class Failure:
    """One expectation that does not hold: what was expected, why, what was seen, and up to ten bad rows."""

    expectation: str
    notes: str
    observed: str
    bad_row_count: int
    bad_rows: tuple[dict[str, Any], ...]

    @property
    def sentence(self) -> str:
        """The failure in one line."""
        rows = f"; {self.bad_row_count} rows, such as {self.bad_rows[0]}" if self.bad_rows else ""
        return f"{self.expectation} ({self.notes}){rows or f'; {self.observed}'}"


@dataclass(frozen=True)
class SuiteResult:
    """What a suite found in one partition."""

    rows: int
    expectations: int
    failures: tuple[Failure, ...]


@cache
def suite(table: Table) -> dict[str, Any]:
    """The table's YAML file, with the expectations that follow from its contract."""
    content = yaml.safe_load((SUITES / f"{table.name}.yml").read_text())
    nulls = [
        {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": column.name},
            "notes": "The table's contract has no nulls here.",
        }
        for column in table.columns
        if not column.nullable and column.name != "activation"
    ]
    return {"query": content.get("query", "select * from this"), "expectations": nulls + content["expectations"]}


def name_of(expectation: dict[str, Any]) -> str:
    """An expectation as people write it: type(column)."""
    kwargs = expectation["kwargs"]
    columns = [kwargs[k] for k in ("column", "column_A", "column_B") if k in kwargs] or kwargs.get("column_list", [])
    return f"{expectation['type']}({', '.join(columns)})"


def validate(table: Table, lake: Lake, dissection: str) -> SuiteResult:
    """Check one partition.

    An expectation that raises is a failure, and so is a query that does not run (a column is missing).
    """
    described = suite(table)
    try:
        frame = _frame(table, lake, dissection, described["query"])
    except (duckdb.Error, OSError) as error:
        failure = Failure(
            "columns", "The table must have the columns of its contract.", str(error).split("\n")[0], 0, ()
        )
        return SuiteResult(0, len(described["expectations"]), (failure,))
    results = _run_gx(table, frame, described["expectations"])
    failures = [
        _failure(expectation, result, frame)
        for expectation, result in zip(described["expectations"], results, strict=True)
        if not result["success"]
    ]
    return SuiteResult(len(frame), len(described["expectations"]), tuple(failures))


def _frame(table: Table, lake: Lake, dissection: str, query: str) -> "pd.DataFrame":
    with duckdb.connect() as connection:
        for other in TABLES:
            path = lake.path(other, dissection)
            if path.exists():
                view = "this" if other is table else other.name
                connection.sql(
                    f"from read_parquet('{str(path).replace(chr(39), chr(39) * 2)}', hive_partitioning=false)"
                ).create_view(view)
        return connection.sql(query).df()


def _run_gx(table: Table, frame: "pd.DataFrame", expectations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results in the order of ``expectations``, each with success, result and exception_info."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GX and pandas warn about each other's versions, not about the data
        import great_expectations as gx
        from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        batch_definition = (
            context.data_sources.add_pandas("lake")
            .add_dataframe_asset(table.name)
            .add_batch_definition_whole_dataframe("p")
        )
        batch = batch_definition.get_batch(batch_parameters={"dataframe": frame})
        result_format = {"result_format": "COMPLETE", "partial_unexpected_count": SHOWN_ROWS}
        return [
            batch.validate(
                ExpectationConfiguration(type=e["type"], kwargs=e["kwargs"]).to_domain_obj(),
                result_format=result_format,
            ).to_json_dict()
            for e in expectations
        ]


def _failure(expectation: dict[str, Any], result: dict[str, Any], frame: "pd.DataFrame") -> Failure:
    found = result.get("result") or {}
    indices = list(found.get("unexpected_index_list") or [])
    shown = frame.iloc[indices[:SHOWN_ROWS]].astype(object)
    errors = [info.get("exception_message", "") for info in _exceptions(result)]
    return Failure(
        expectation=name_of(expectation),
        notes=expectation["notes"],
        observed="; ".join(errors) or f"observed {found.get('observed_value', 'nothing')}",
        bad_row_count=int(found.get("unexpected_count") or 0),
        bad_rows=tuple(shown.to_dict("records")),
    )


def _exceptions(result: dict[str, Any]) -> list[dict[str, Any]]:
    info = result.get("exception_info") or {}
    return [i for i in (info, *info.values()) if isinstance(i, dict) and i.get("raised_exception")]
