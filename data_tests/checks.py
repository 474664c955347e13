"""Every suite as a Dagster asset check that stands between a table and the rooms downstream of it."""

import warnings
from collections.abc import Sequence

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    MetadataValue,
    PartitionsDefinition,
    PreviewWarning,
    asset_check,
)

from dagster_and.lake.store import Lake
from dagster_and.lake.tables import TABLES, Table
from dagster_and.resources import House, in_words, priority
from data_tests.known import validated
from data_tests.validation import Failure, SuiteResult

FAILURES_TOLD = 3
FAILURES_SHOWN = 20
LONGEST_CELL = 300
KNOWN = " It was found so before, and nothing has changed since."


def build_checks(partitions_def: PartitionsDefinition | None = None) -> list[AssetChecksDefinition]:
    """The checks of all tables, in the order of the rooms."""
    return [suite_check(table, partitions_def) for table in TABLES]


def suite_check(table: Table, partitions_def: PartitionsDefinition | None = None) -> AssetChecksDefinition:
    """The blocking check ``<table>_suite``: one dissection in a partitioned run, else every one that has the table.

    Args:
        table: its asset's key is its name.
        partitions_def: the asset's own, so that Dagster keeps one verdict per dissection.
    """
    with warnings.catch_warnings():
        # partitioned checks are marked as a preview; Dagster's version is pinned, and tests/data_tests run them
        warnings.simplefilter("ignore", PreviewWarning)

        @asset_check(
            asset=AssetKey([table.name]),
            name=f"{table.name}_suite",
            description=f"What must hold for {table.name}: its contract, and data_tests/suites/{table.name}.yml.",
            blocking=True,
            partitions_def=partitions_def,
            op_tags=priority(table),
            compute_kind="great_expectations",
        )
        def check(context: AssetCheckExecutionContext, house: House) -> AssetCheckResult:
            lake = house.lake
            with in_words():
                dissections = [context.partition_key] if context.has_partition_key else _holding(table, lake)
                return verdict([validated(table, lake, dissection) for dissection in dissections])

    return check


def verdict(results: Sequence[SuiteResult]) -> AssetCheckResult:
    """What Dagster shows of the results, one per dissection. Nothing judged is not a pass."""
    failures = [(result.dissection, failure) for result in results for failure in result.failures]
    expectations, rows = sum(r.expectations for r in results), sum(r.rows for r in results)
    is_reused = bool(results) and all(result.is_reused for result in results)
    shown = {"failures": MetadataValue.md(markdown(failures))} if failures else {}
    return AssetCheckResult(
        passed=bool(results) and not failures,
        severity=AssetCheckSeverity.ERROR,
        description=_description(expectations, rows, failures) + (KNOWN if is_reused else ""),
        metadata={
            **{"expectations": expectations, "rows": rows, "failed expectations": len(failures)},
            **{"reused": MetadataValue.bool(is_reused), **shown},
        },
    )


def markdown(failures: Sequence[tuple[str, Failure]]) -> str:
    """A table of the failing expectations and their first bad rows, bounded in size."""
    lines = ["| dissection | expectation | should hold | observed | bad rows |", "| --- | --- | --- | --- | --- |"]
    for dissection, failure in failures[:FAILURES_SHOWN]:
        rows = [", ".join(f"{name}={value!r}" for name, value in row.items()) for row in failure.bad_rows]
        expectation = failure.expectation
        cells = (dissection, expectation.name, expectation.notes, failure.observed, rows[0] if rows else "")
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
        lines.extend(f"| | | | | {_cell(row)} |" for row in rows[1:])
    if len(failures) > FAILURES_SHOWN:
        lines.append(f"\nand {len(failures) - FAILURES_SHOWN} more")
    return "\n".join(lines)


def _holding(table: Table, lake: Lake) -> list[str]:
    return [name for name in lake.dissections() if lake.has(table, name)]


def _description(expectations: int, rows: int, failures: Sequence[tuple[str, Failure]]) -> str:
    if not expectations:
        return "No dissection has this table yet, so there is nothing to check: materialise it first."
    if not failures:
        return f"All {expectations} expectations hold for {rows} rows."
    told = "; ".join(f"{dissection}: {failure.sentence}" for dissection, failure in failures[:FAILURES_TOLD])
    more = f" And {len(failures) - FAILURES_TOLD} more." if len(failures) > FAILURES_TOLD else ""
    return told + more


def _cell(text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return flat if len(flat) <= LONGEST_CELL else f"{flat[:LONGEST_CELL]}..."
