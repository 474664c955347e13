"""The SQL of the README on a warehouse of any size: how long each query takes."""

import re
import statistics
import time
from pathlib import Path

import duckdb

from benchmarks.pipeline.world import NAME
from dagster_and.foundation.home import REPOSITORY

LIMIT_S = 0.3
TIMES = 5


def readme_queries() -> list[str]:
    """Every SQL block of the README, asked of the benchmark's dissection in place of the demo."""
    found = re.findall(r"```sql\n(.*?)```", (REPOSITORY / "README.md").read_text(), flags=re.DOTALL)
    return [query.replace("'ast-demo'", f"'{NAME}'") for query in found]


def slowest(warehouse: Path) -> str:
    """One line: how long the slowest takes, median of five, against the limit."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        taken = [(_seconds(connection, query), query) for query in readme_queries()]
    seconds, query = max(taken)
    verdict = "ok" if seconds <= LIMIT_S else "OVER THE LIMIT"
    first = " ".join(query.split())[:60]
    return (
        f"slowest of {len(taken)} README queries / {LIMIT_S:g} s: {seconds / LIMIT_S:.2f} ({1000 * seconds:.0f} ms, "
        f"{first} ...), limit 1: {verdict}"
    )


def _seconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        connection.execute(query).fetchall()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
