"""Each suite as a blocking Dagster asset check: bad data stops here and names itself."""

from collections.abc import Sequence

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    MetadataValue,
    PartitionsDefinition,
    asset_check,
)

from dagster_and.method.tables import TABLES, Table
from dagster_and.publishing import markdown_rows
from dagster_and.resources import House
from data_tests.validation import Failure, SuiteResult, validate


def build_checks(partitions_def: PartitionsDefinition) -> Sequence[AssetChecksDefinition]:
    """One blocking check per table."""
    return [suite_check(table, partitions_def) for table in TABLES]


def suite_check(table: Table, partitions_def: PartitionsDefinition) -> AssetChecksDefinition:
    """The check of one table: its suite on the partition that was just materialised."""

    @asset_check(
        asset=table.name,
        name=f"{table.name}_suite",
        blocking=True,
        partitions_def=partitions_def,
        description=f"Great Expectations suite of {table.name} (data_tests/suites/{table.name}.yml).",
    )
    def check(context: AssetCheckExecutionContext, house: House) -> AssetCheckResult:
        return _verdict(validate(table, house.lake, context.partition_key))

    return check


def _verdict(result: SuiteResult) -> AssetCheckResult:
    failures = result.failures
    sentence = "; ".join(failure.sentence for failure in failures[:3])
    more = f"; and {len(failures) - 3} more" if len(failures) > 3 else ""
    return AssetCheckResult(
        passed=not failures,
        severity=AssetCheckSeverity.ERROR,
        description=f"{sentence}{more}" if failures else f"All {result.expectations} expectations hold.",
        metadata={
            "expectations": result.expectations,
            "rows": result.rows,
            **({"failures": MetadataValue.md(_table(failures))} if failures else {}),
        },
    )


def _table(failures: Sequence[Failure]) -> str:
    rows = [
        (
            failure.expectation,
            failure.notes,
            failure.observed,
            failure.bad_row_count,
            str(list(failure.bad_rows))[:2000],
        )
        for failure in failures
    ]
    return markdown_rows(("expectation", "why", "observed", "bad rows", "such as"), rows)
