"""``dissect run``: dissections in process, then the warehouse once; short progress in place of the event log."""

import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console

from dagster_and.errors import UserError
from dagster_and.home import Home
from dagster_and.lake import Lake
from dagster_and.warehouse import warehouse_key

if TYPE_CHECKING:
    from dagster import DagsterInstance, Definitions, EventLogEntry

DAGSTER_YAML = "telemetry:\n  enabled: false\n"
LAST_BUILD = "last_build.json"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Outcome:
    """What one run did: seconds by asset, checks by verdict, and what went wrong."""

    assets: dict[str, float] = field(default_factory=dict)
    is_reused: bool = False
    checks_passed: int = 0
    checks_failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """No error, no failed check."""
        return not self.errors and not self.checks_failed


def prepare_environment(home: Home) -> None:
    """Dagster's storage under ``AND_HOME``, no telemetry anywhere."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        settings.write_text(DAGSTER_YAML)
    os.environ |= {
        "AND_HOME": str(home.root),
        "AND_LAKE": str(home.lake),
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


def run(names: Sequence[str], home: Home, console: Console, *, traceback: bool = False) -> dict[str, Outcome]:
    """Materialise every asset of the dissections, then build the warehouse and the figures if anything has changed.

    What dbt prints goes to ``dbt.log`` under ``AND_HOME``; ``console`` shows one line per asset.

    Returns:
        what happened, by dissection, and under ``warehouse``.
    """
    prepare_environment(home)
    from dagster import DagsterInstance

    from dagster_and.definitions import BUILD_WAREHOUSE, DISSECT, defs

    outcomes: dict[str, Outcome] = {}
    with DagsterInstance.get() as instance, (home.root / "dbt.log").open("a") as log, redirect_stdout(log):
        for name in names:
            console.print(f"[bold]{name}[/]")
            outcomes[name] = _execute(defs, DISSECT.name, instance, console, name, traceback)
        console.print("[bold]warehouse[/]")
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
    outcome = Outcome()
    run_id = str(uuid.uuid4())
    instance.add_event_listener(run_id, _Listener(outcome, console, traceback))
    defs.resolve_job_def(job).execute_in_process(
        run_config=QUIET, instance=instance, partition_key=partition, raise_on_error=False, run_id=run_id
    )
    return outcome


class _Listener:
    """Turns Dagster's events into one line per asset."""

    def __init__(self, outcome: Outcome, console: Console, traceback: bool):
        self._outcome = outcome
        self._console = console
        self._traceback = traceback
        self._last = time.monotonic()

    def __call__(self, entry: "EventLogEntry") -> None:
        event = entry.dagster_event
        if event is None:
            return
        if event.is_step_start:
            self._last = time.monotonic()
        elif event.event_type_value == "ASSET_MATERIALIZATION":
            self._materialised(event)
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            self._checked(event.asset_check_evaluation_data)
        elif event.is_step_failure or event.event_type_value == "RUN_FAILURE":
            self._failed(event)

    def _materialised(self, event: Any) -> None:
        name = event.asset_key.path[-1]
        seconds, self._last = time.monotonic() - self._last, time.monotonic()
        metadata = event.step_materialization_data.materialization.metadata
        rows = metadata.get("dagster/row_count")
        reused = "reused" in metadata and metadata["reused"].value
        self._outcome.assets[name] = seconds
        count = f"{rows.value:>9,} rows" if rows is not None else " " * 14
        self._console.print(f"  {name:<32}{count}{seconds:8.1f} s{'  unchanged' if reused else ''}", highlight=False)

    def _checked(self, check: Any) -> None:
        if check.passed:
            self._outcome.checks_passed += 1
            return
        name = f"{check.asset_key.to_user_string()}: {check.check_name}"
        self._outcome.checks_failed.append(name)
        self._console.print(f"  [red]check failed[/] {name}: {check.description or ''}", highlight=False)

    def _failed(self, event: Any) -> None:
        error = event.event_specific_data.error if event.event_specific_data else None
        while error is not None and error.cause is not None:
            error = error.cause
        if error is None:
            return
        sentence = str(error.message).strip().split(f"{UserError.__name__}: ", 1)[-1]
        if sentence not in self._outcome.errors:
            self._outcome.errors.append(sentence)
            where = f"{event.step_key}: " if event.step_key else ""
            self._console.print(f"  [red]{where}{sentence}[/]", highlight=False)
        if self._traceback:
            self._console.print("".join(error.stack), highlight=False)


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Seconds that the block took, in element 0 once it is over."""
    seconds = [0.0]
    start = time.monotonic()
    try:
        yield seconds
    finally:
        seconds[0] = time.monotonic() - start
