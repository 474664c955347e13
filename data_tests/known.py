"""Verdicts that are known: a suite that held is not run again while nothing that it looks at has changed.

What it looks at: the table's file and those of the tables that its query names, by stamp, size and time of change; its
own file and the table's contract; the code of this package, Great Expectations and DuckDB. Only passes are kept.
"""

import importlib.metadata
import json
import re
from functools import cache
from pathlib import Path

from dagster_and.foundation.keys import digest
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import TABLES, Table
from data_tests.suite import SUITES, read_file
from data_tests.validation import SuiteResult, validate

NOTE = "suite_held"


def validated(table: Table, lake: Lake, dissection: str) -> SuiteResult:
    """The verdict on one partition: the last one where it was a pass and still stands, else a new one.

    Raises:
        UserError: the table has not been materialised for this dissection.
    """
    key = _key(table, lake, dissection)
    if known := _noted(table, lake, dissection, key):
        return known
    result = validate(table, lake, dissection)
    if result.success and key == _key(table, lake, dissection):  # nobody replaced the table meanwhile
        note = {"key": key, "expectations": result.expectations, "rows": result.rows}
        lake.note(table, dissection, NOTE, json.dumps(note))
    return result


def _noted(table: Table, lake: Lake, dissection: str, key: str) -> SuiteResult | None:
    try:
        note = json.loads(lake.noted(table, dissection, NOTE) or "null")
        if note["key"] != key:
            return None
        return SuiteResult(table, dissection, int(note["expectations"]), int(note["rows"]), (), is_reused=True)
    except (ValueError, TypeError, KeyError):
        return None


def _key(table: Table, lake: Lake, dissection: str) -> str:
    words = set(re.findall(r"\w+", read_file(table).query))
    looked_at = [other for other in TABLES if other == table or other.name in words]
    files = [(other.name, *_file(other, lake, dissection)) for other in looked_at]
    return digest(_suite_text(table), repr(table), _software(), files)


def _file(table: Table, lake: Lake, dissection: str) -> tuple[str | None, str | None]:
    """Key of the stamp, and the file's facts; nothing where there is no file."""
    facts = lake.facts(table, dissection)
    stamp = lake.stamp(table, dissection) if facts else None
    return stamp.key if stamp else None, facts


def _suite_text(table: Table) -> str:
    return (SUITES / f"{table.name}.yml").read_text(encoding="utf-8")


@cache
def _software() -> str:
    code = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]
    return digest(code, [importlib.metadata.version(name) for name in ("great-expectations", "duckdb")])
