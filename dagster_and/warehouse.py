"""Building the warehouse: which dissections go in, where dbt writes, and the swap at the end."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_and.home import REPOSITORY
from dagster_and.lake import Lake

DBT_PROJECT = REPOSITORY / "dbt_project"


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
    next_file = warehouse.with_name(f".{warehouse.name}.{uuid.uuid4().hex}.next")
    with lake.held_still():
        try:
            yield next_file
            os.replace(next_file, warehouse)
        finally:
            next_file.unlink(missing_ok=True)
            next_file.with_name(next_file.name + ".wal").unlink(missing_ok=True)


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
    dbt = Path(sys.executable).with_name("dbt")
    done = subprocess.run(
        [dbt, *arguments], capture_output=True, text=True, check=False, env={**os.environ, "DO_NOT_TRACK": "1"}
    )
    if done.returncode:
        raise RuntimeError(f"dbt can't parse {DBT_PROJECT}:\n{done.stdout}{done.stderr}")
    return path
