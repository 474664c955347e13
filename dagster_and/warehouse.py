"""Building the warehouse: which dissections go in, where dbt writes, and the swap at the end."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_and.home import REPOSITORY
from dagster_and.lake import Lake

DBT_PROJECT = REPOSITORY / "dbt_project"
DBT = Path(sys.executable).with_name("dbt")


def coherent_dissections(lake: Lake) -> tuple[list[str], dict[str, list[str]]]:
    """Dissections that may enter the warehouse, and for each that may not its tables that are out of step."""
    stale = {name: lake.stale_tables(name) for name in lake.dissections()}
    return [name for name, tables in stale.items() if not tables], {n: t for n, t in stale.items() if t}


def build_arguments(lake: Lake) -> list[str]:
    """Arguments of ``dbt build`` for the lake as it is."""
    return ["build", "--vars", json.dumps({"dissections": coherent_dissections(lake)[0]})]


@contextmanager
def building(lake: Lake, warehouse: Path) -> Iterator[Path]:
    """Hold the lake still, yield the file to build in, and put it in place if all went well.

    A reader that holds the old warehouse open keeps its data; a new one sees the new file. A failed build, or a kill,
    leaves the old warehouse.
    """
    lake.ensure_schema_files()
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with lake.held_still(), tempfile.TemporaryDirectory(prefix=".building-", dir=warehouse.parent) as folder:
        # the file has its final name from the start: DuckDB's views know their database by it
        next_file = Path(folder) / warehouse.name
        yield next_file
        next_file.replace(warehouse)


def manifest() -> Path:
    """dbt's manifest, parsed anew when any file of the project is newer.

    Raises:
        RuntimeError: dbt can't parse the project; its words are in the message.
    """
    path = DBT_PROJECT / "target" / "manifest.json"
    sources = [p for s in ("*.sql", "*.yml", "*.md") for p in DBT_PROJECT.rglob(s) if "target" not in p.parts]
    if path.exists() and path.stat().st_mtime >= max(p.stat().st_mtime for p in sources):
        return path
    arguments = ["parse", "--quiet", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    done = subprocess.run(
        [DBT, *arguments], capture_output=True, text=True, check=False, env={**os.environ, "DO_NOT_TRACK": "1"}
    )
    if done.returncode:
        raise RuntimeError(f"dbt can't parse {DBT_PROJECT}:\n{done.stdout}{done.stderr}")
    return path
