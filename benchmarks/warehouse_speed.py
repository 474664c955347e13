"""The warehouse: one dissection of ten changed, against all ten, in seconds of the processor with dbt's own start."""

import os
import resource
import shutil
import subprocess
from pathlib import Path

from dagster_and.foundation.home import Home
from dagster_and.lake.store import Lake, Stamp
from dagster_and.lake.tables import ABLATION_OUTCOMES, TABLES
from dagster_and.warehouse.building import DBT, DBT_PROJECT, building

COPIES = 10
LIMIT = 0.5


def measure(source: Home, dissection: str, folder: Path) -> str:
    """One line: the ratio, on ten copies of a finished dissection, of which only the tables are read."""
    home = Home(folder)
    lake = Lake(home.lake)
    for table in TABLES:
        for copy in range(COPIES):
            path = lake.path(table, f"{dissection}_{copy}")
            path.parent.mkdir(parents=True)
            shutil.copy(Lake(source.lake).path(table, dissection), path)
    _build(home, lake)  # dbt parses
    home.warehouse.unlink()
    whole = _build(home, lake)
    changed, leaf = f"{dissection}_5", ABLATION_OUTCOMES  # no other table stems from it
    lake.write(leaf, changed, lake.read(leaf, changed), Stamp("changed", {}))
    one = _build(home, lake)
    verdict = "ok" if one / whole <= LIMIT else "OVER THE LIMIT"
    return (
        f"warehouse, one of {COPIES} dissections changed / all: {one / whole:.2f} ({one:.1f} / {whole:.1f} s), "
        f"limit {LIMIT}: {verdict}"
    )


def _build(home: Home, lake: Lake) -> float:
    """Seconds of the processor that one build takes, tests included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    place = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    with building(home, lake):
        arguments = [DBT, "build", "--exclude-resource-type", "unit_test", *place]
        subprocess.run(arguments, env=os.environ, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
