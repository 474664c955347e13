"""``dissect run``: dissections in process, then the warehouse once; short progress in place of the event log."""

import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from filelock import FileLock
from rich.console import Console

from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.foundation.obstacles import obstacle
from dagster_and.lake.store import Lake
from dagster_and.orchestration.narration import Narrator, Outcome
from dagster_and.warehouse.building import coherent_dissections, warehouse_key

if TYPE_CHECKING:
    from dagster import DagsterInstance, Definitions

DAGSTER_YAML = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"
"""No telemetry, and no invitation to sign up in front of the graph."""
SETTINGS = "dagster.yaml"
LONGEST_SAID = 300
SHOWN = 3
LAST_BUILD = "last_build.json"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def prepare_environment(home: Home) -> None:
    """Dagster's storage under ``AND_HOME``, no telemetry anywhere.

    Raises:
        UserError: nothing can be written there.
    """
    settings = home.dagster / SETTINGS
    try:
        home.dagster.mkdir(parents=True, exist_ok=True)
        if not settings.exists():
            settings.write_text(DAGSTER_YAML)
    except OSError as error:
        raise UserError(
            f"Nothing can be written under {home.root} ({error.strerror}): set AND_HOME to a folder of yours."
        ) from None
    os.environ |= {
        "AND_HOME": str(home.root),
        "AND_LAKE": str(home.lake),
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


@contextmanager
def open_instance(home: Home) -> Iterator["DagsterInstance"]:
    """Dagster's own storage, opened by one process at a time: two that make its databases at once spoil them.

    Raises:
        UserError: Dagster can't make sense of its settings.
    """
    from dagster import DagsterInstance

    with FileLock(home.dagster / ".opening.lock"):
        try:
            instance = DagsterInstance.get()
        except Exception as error:  # by the setting that is wrong: YAML's errors, Dagster's, TypeError, ...
            if obstacle(error):
                raise
            said = " ".join(str(error).split())
            said = said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]}..."
            raise UserError(
                f"Dagster can't take {home.dagster / SETTINGS} ({said}): mend the file, or delete it, and it is "
                "written anew."
            ) from error
    with instance:
        yield instance


def run(names: Sequence[str], home: Home, console: Console, *, traceback: bool = False) -> dict[str, Outcome]:
    """Materialise every asset of the dissections, then build the warehouse and the figures if anything has changed.

    What dbt prints goes to ``dbt.log`` under ``AND_HOME``; ``console`` shows one line per asset.

    Returns:
        what happened, by dissection, and under ``warehouse``.
    """
    prepare_environment(home)
    from dagster_and.definitions import BUILD_WAREHOUSE, DISSECT, defs

    outcomes: dict[str, Outcome] = {}
    with open_instance(home) as instance, (home.root / "dbt.log").open("a") as log, redirect_stdout(log):
        for name in names:
            console.print(f"[bold]{name}[/]")
            outcomes[name] = _execute(defs, DISSECT.name, instance, console, name, traceback)
        console.print("[bold]warehouse[/]")
        for name, tables in coherent_dissections(Lake(home.lake))[1].items():
            console.print(
                f"  [yellow]{name} is left out[/]: {_listed(tables)} can't be read or stems from what has changed "
                f"since; `dissect run {name}` makes it anew.",
                highlight=False,
            )
        key = warehouse_key(Lake(home.lake))
        outcomes["warehouse"] = _last_build(home, key) or _execute(
            defs, BUILD_WAREHOUSE.name, instance, console, None, traceback
        )
    if outcomes["warehouse"].is_good:
        (home.root / LAST_BUILD).write_text(json.dumps({"key": key, "checks": outcomes["warehouse"].checks_passed}))
    return outcomes


def _last_build(home: Home, key: str) -> Outcome | None:
    """The outcome of the build that made the present warehouse, if it was made from what the lake holds now."""
    try:
        last = json.loads((home.root / LAST_BUILD).read_text())
    except (OSError, ValueError):
        return None
    if last["key"] != key or not home.warehouse.exists() or not any(home.reports.glob("*.png")):
        return None
    return Outcome(checks_passed=last["checks"], is_reused=True)


def _execute(
    defs: "Definitions", job: str, instance: "DagsterInstance", console: Console, partition: str | None, traceback: bool
) -> Outcome:
    run_id = str(uuid.uuid4())
    graph = defs.resolve_asset_graph()
    groups = {node.key.path[-1]: node.group_name or "" for node in graph.asset_nodes}
    narrator = Narrator(console, groups, with_traceback=traceback)
    instance.add_event_listener(run_id, narrator)
    defs.resolve_job_def(job).execute_in_process(
        run_config=QUIET, instance=instance, partition_key=partition, raise_on_error=False, run_id=run_id
    )
    narrator.finish()
    return narrator.outcome


def _listed(tables: Sequence[str]) -> str:
    rest = f" and {len(tables) - SHOWN} more" if len(tables) > SHOWN else ""
    return ", ".join(tables[:SHOWN]) + rest


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Seconds that the block took, in element 0 once it is over."""
    seconds = [0.0]
    start = time.monotonic()
    try:
        yield seconds
    finally:
        seconds[0] = time.monotonic() - start
