"""The warehouse: one dissection of ten changed against all ten, and README's slowest query.

``python -m benchmarks.warehouse_speed HOME DISSECTION`` copies a finished dissection under ten names into a temporary
folder; only its tables are read. Builds are in seconds of the processor, dbt's own start among them.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import CLIP_CAPTIONS, TABLES
from dagster_and.warehouse.building import DBT, DBT_PROJECT, building

COPIES = 10
QUERIES = re.findall(r"```sql\n(.+?)\n```\n```text", (REPOSITORY / "README.md").read_text("utf-8"), flags=re.DOTALL)


def measure(source: Home, dissection: str, folder: Path) -> list[str]:
    """Seconds of both builds with their ratio, and milliseconds of the slowest query: a line each."""
    home = Home(folder)
    lake = Lake(home.lake)
    for table in TABLES:
        for copy in range(COPIES):
            path = lake.path(table, f"{dissection}_{copy}")
            path.parent.mkdir(parents=True)
            shutil.copy(Lake(source.lake).path(table, dissection), path)
    build(home, lake)  # dbt parses
    home.warehouse.unlink()
    whole = build(home, lake)
    changed = f"{dissection}_5"
    lake.write(CLIP_CAPTIONS, changed, lake.read(CLIP_CAPTIONS, changed), Stamp("changed", {}))
    one = build(home, lake)
    query, milliseconds = slowest_query(home.warehouse, f"{dissection}_0")
    return [
        f"warehouse, one of {COPIES} dissections changed / all: {one:.1f} / {whole:.1f} s = {one / whole:.2f}",
        f"README's slowest query on it: {milliseconds:.0f} ms: {query}",
    ]


def build(home: Home, lake: Lake) -> float:
    """Seconds of the processor that one build takes, tests included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    place = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    with building(home, lake):
        arguments = [DBT, "build", "--exclude-resource-type", "unit_test", *place]
        subprocess.run(arguments, env=os.environ, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def slowest_query(warehouse: Path, dissection: str) -> tuple[str, float]:
    """README's query that takes longest, the best of three times, in milliseconds."""
    taken = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for query in QUERIES:
            asked = re.sub(r"'(ast|planted)-demo'", f"'{dissection}'", query.rstrip().rstrip(";"))
            times = []
            for _ in range(3):
                start = time.perf_counter()
                connection.sql(asked).fetchall()
                times.append(time.perf_counter() - start)
            taken[" ".join(query.split())[:60]] = min(times) * 1000
    return max(taken.items(), key=lambda item: item[1])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(*measure(Home(Path(sys.argv[1]).absolute()), sys.argv[2], Path(name)), sep="\n")
