"""The SQL of the manual on a warehouse of any size: how long each query takes."""

import re
import statistics
import time
from pathlib import Path

import duckdb

from benchmarks.pipeline.world import NAME
from dagster_and.foundation.home import REPOSITORY

LIMIT_S = 0.3
PAGES = ("README.md", "docs/queries.md")
TIMES = 5


def manual_queries() -> list[str]:
    """Every SQL block of the manual, asked of the benchmark's dissection in place of the demo."""
    text = "\n".join((REPOSITORY / page).read_text() for page in PAGES)
    found = re.findall(r"```sql\n(.*?)```", text, flags=re.DOTALL)
    return [query.replace("'ast-demo'", f"'{NAME}'") for query in found]


def slowest(warehouse: Path) -> str:
    """One line: how long the slowest takes, median of five, against the limit."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        taken = [(_seconds(connection, query), query) for query in manual_queries()]
    seconds, query = max(taken)
    verdict = "ok" if seconds <= LIMIT_S else "OVER THE LIMIT"
    first = " ".join(query.split())[:60]
    return (
        f"slowest of {len(taken)} queries of the manual / {LIMIT_S:g} s: {seconds / LIMIT_S:.2f} "
        f"({1000 * seconds:.0f} ms, {first} ...), limit 1: {verdict}"
    )


def _seconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        connection.execute(query).fetchall()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
