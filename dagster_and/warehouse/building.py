"""Building the warehouse: which dissections go in, where dbt writes, and the swap at the end."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home
from dagster_and.foundation.keys import digest
from dagster_and.lake.shared import Shared
from dagster_and.lake.store import Lake
from dagster_and.warehouse.opening import VERSION
from dagster_and.warehouse.reading import dissections_held, write_ahead_log

DBT_PROJECT = REPOSITORY / "dbt_project"
FUNCTIONS = (
    Path(__file__).with_name("functions.py"),
    *(REPOSITORY / "dagster_and" / "method" / "text" / name for name in ("names.py", "word_forms.py")),
)
"""The code that models call: functions.py, and the rule of names that it takes from the method."""
KEPT = "kept"
"""What dbt calls the copy of the last warehouse that it lays the new rows over."""
PARSED_FROM = "manifest.made_from"
"""Beside the manifest: a key of the project and of the lake whose path stands in it, and a checksum, by which a spoilt
one is known."""
DBT = Path(sys.executable).with_name("dbt")
LONGEST_SAID = 600
"""Characters of what dbt says: what it failed with stands at the end."""
BUILDS = 3
"""How often a build is begun anew because the lake has changed meanwhile."""


class LakeChangedError(UserError):
    """What a build was made from has been replaced meanwhile: it is to be repeated."""


def coherent_dissections(lake: Lake) -> tuple[list[str], dict[str, list[str]]]:
    """Dissections that may enter the warehouse, and for each that may not its tables that are out of step."""
    stale = {name: lake.stale_tables(name) for name in lake.dissections()}
    return [name for name, tables in stale.items() if not tables], {n: t for n, t in stale.items() if t}


def building_place(home: Home) -> Path:
    """Where dbt writes: the file has its final name from the start, since DuckDB's views know their database by it."""
    return home.root / ".building" / home.warehouse.name


def dbt_environment(home: Home) -> dict[str, str]:
    """What dbt is told by environment variables. Equal from run to run, so that dbt need not parse anew."""
    return {
        "AND_TABLES": _as_pattern(home.lake_place),
        "AND_TABLES_URL": home.lake_url or "",
        "AND_WAREHOUSE": str(building_place(home)),
        "AND_WAREHOUSE_VERSION": str(VERSION),
        "DBT_TARGET_PATH": str(home.cache / "dbt"),
        "DBT_LOG_PATH": str(home.cache / "dbt"),
        "DBT_LOG_LEVEL_FILE": "none",  # what it prints is kept; a second log of every query took a tenth of its time
        "DO_NOT_TRACK": "1",
    }


@dataclass(frozen=True)
class Build:
    """What one build makes: which dissections' rows anew, which stay, and the file that becomes the warehouse."""

    built: list[str]
    kept: list[str]
    place: Path


@contextmanager
def building(home: Home, lake: Lake, *, only_changed: bool = False) -> Iterator[Build]:
    """Hold the lake still while dbt builds, and put the new warehouse in place if all went well.

    A lake in a bucket can't be held still: its state is looked at before and after, and where it differs the build is
    refused. The warehouse is put into the bucket, too, before it takes its place here.

    dbt builds the dissections that have changed, in a file of their own, and lays them over a copy of the present
    warehouse; all of them where that holds nothing to keep, or where nothing has changed and a build is wanted all the
    same; but nothing is built anew then with ``only_changed``. A reader that holds the old warehouse open keeps its
    data; a new one sees the new file. A failed build, or a kill, leaves the old warehouse; after a failure nothing is
    kept, since the old file may be at fault.

    Raises:
        LakeChangedError: a table has been replaced meanwhile; whoever builds begins anew.
        UserError: another program holds the warehouse for writing, or the bucket can't be written to.
    """
    lake.ensure_schema_files()
    place, shared = building_place(home), Shared.of(home)
    shared.follow([home.warehouse])
    with lake.held_still():
        state = lake.state(lake.dissections()) if lake.storage.is_remote else {}
        made_from = what_dissections_are_made_from(home, lake)
        held = dissections_held(home.warehouse) or {}
        failed = place.with_name("failed")
        can_keep = (only_changed or held != made_from) and not failed.exists()
        kept = [name for name, key in made_from.items() if can_keep and held.get(name) == key]
        shutil.rmtree(place.parent, ignore_errors=True)  # what a killed build left
        place.parent.mkdir(parents=True)
        build = Build([name for name in made_from if name not in kept], kept, place)
        os.environ |= dbt_environment(home) | {
            "AND_DISSECTIONS": json.dumps(build.built),
            "AND_KEPT": json.dumps(kept),
            "AND_KEPT_WAREHOUSE": "",
            "AND_MADE_FROM": json.dumps(made_from),
        }
        if kept:
            build = Build(build.built, kept, place.parent / KEPT / place.name)
            build.place.parent.mkdir()
            shutil.copyfile(home.warehouse, build.place)
            os.environ["AND_KEPT_WAREHOUSE"] = str(build.place)
        lake.set_aside_broken()
        try:
            yield build
        except Exception:
            _refuse_changed(lake, state, state)  # dbt may have stumbled over it
            failed.touch()
            raise
        _refuse_changed(lake, state, build.built)
        shared.publish_as(build.place, home.warehouse)
        build.place.replace(home.warehouse)
        write_ahead_log(home.warehouse).unlink(missing_ok=True)  # of the file that was there
        shutil.rmtree(place.parent)


def _refuse_changed(lake: Lake, before: dict[str, list[str | None]], dissections: Iterable[str]) -> None:
    """Raises LakeChangedError where a dissection is no longer as it was before; with nothing before, never."""
    if before and (changed := [name for name, now in lake.state(dissections).items() if now != before.get(name)]):
        raise LakeChangedError(
            f"{', '.join(sorted(changed))} was replaced in {lake.storage.place} while the warehouse was built from it, "
            f"{BUILDS} times: build it when whoever writes there is done."
        )


def what_dissections_are_made_from(home: Home, lake: Lake) -> dict[str, str]:
    """For each coherent dissection a digest of everything that its rows in the warehouse are made from: the stamps of
    its tables and where they lie, the dbt project, and the functions that its models call.
    """
    code = [path.read_text() for path in FUNCTIONS]
    shared = digest(home.lake_place, _project(), code, metadata.version("duckdb"))
    made_from = {}
    for name in coherent_dissections(lake)[0]:
        made_from[name] = digest(shared, [stamp.key if stamp else None for stamp in lake.stamps(name).values()])
    return made_from


def manifest(home: Home) -> Path:
    """dbt's manifest, parsed anew when the project isn't the one that it was made from, whatever the times of its files
    say, the home has been moved, or it isn't as it was written; never half of one, though runs start at once.

    Raises:
        UserError: dbt can't parse the project; its words are in the message.
    """
    path, note = home.cache / "manifest.json", home.cache / PARSED_FROM
    made_from = digest(home.lake_place, _project(), metadata.version("dbt-core"))
    if path.exists() and note.exists() and note.read_text(encoding="utf-8") == _note_of(path, made_from):
        return path
    home.cache.mkdir(parents=True, exist_ok=True)
    arguments = ["parse", "--quiet", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    with tempfile.TemporaryDirectory(dir=home.cache, prefix=".parsing-") as parsed:
        environment = os.environ | dbt_environment(home) | {"DBT_TARGET_PATH": parsed, "DBT_LOG_PATH": parsed}
        done = subprocess.run([DBT, *arguments], capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            said = " ".join(f"{done.stdout} {done.stderr}".split())[-LONGEST_SAID:].rstrip(".")
            raise UserError(
                f"dbt can't read its project {DBT_PROJECT} ({said}): see whether {home.cache} can be written and has "
                "room, and mend what dbt names."
            )
        (home.cache / "dbt").mkdir(exist_ok=True)
        Path(parsed, "partial_parse.msgpack").replace(home.cache / "dbt" / "partial_parse.msgpack")
        Path(parsed, "manifest.json").replace(path)
        note.write_text(_note_of(path, made_from), encoding="utf-8")
    return path


def _note_of(manifest: Path, made_from: str) -> str:
    return f"{made_from}\n{zlib.crc32(manifest.read_bytes())}"


def _as_pattern(place: str) -> str:
    """A path or URL inside of a quoted DuckDB pattern that dbt formats: blanks, quotes, brackets and braces stay."""
    meant_literally = {"'": "''", "[": "[[]", "*": "[*]", "?": "[?]", "{": "{{", "}": "}}"}
    return place.translate(str.maketrans(meant_literally))


def _project() -> list[tuple[str, str]]:
    """Every file of the dbt project: where in it, and its text."""
    files = [p for suffix in ("*.sql", "*.yml", "*.md", "*.csv") for p in DBT_PROJECT.rglob(suffix)]
    within = sorted(p for p in files if "target" not in p.relative_to(DBT_PROJECT).parts)
    return [(str(p.relative_to(DBT_PROJECT)), p.read_text(encoding="utf-8")) for p in within]
