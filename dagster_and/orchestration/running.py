"""``dissect run``: dissections in process, then the warehouse once; short progress in place of the event log."""

import gc
import json
import logging
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from filelock import FileLock
from rich.console import Console

from dagster_and.dissection import find
from dagster_and.exports.reports import drawn_by
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.foundation.home import Home
from dagster_and.foundation.obstacles import obstacle, said_by
from dagster_and.lake.shared import Shared
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import NEURON_LABELS
from dagster_and.orchestration.first_neuron import first_neuron
from dagster_and.orchestration.history import forget_older, log_of_dbt
from dagster_and.orchestration.narration import Narrator, Outcome, tell_again
from dagster_and.orchestration.storage import (
    PATIENCE,
    SETTINGS,
    identity,
    postgres,
    require_storage,
    variables,
    without_password,
    write_settings,
)
from dagster_and.orchestration.unchanged import LAST_BUILD, keep_outcome, last_outcome, outside_key
from dagster_and.under_way import end_killed, under_way
from dagster_and.warehouse.building import coherent_dissections, manifest, what_dissections_are_made_from
from dagster_and.warehouse.reading import dissections_held

if TYPE_CHECKING:
    from dagster import DagsterInstance, Definitions

SHOWN = 3
RARELY = (100_000, 50, 100)
"""When Python looks for cycles of garbage: by default so often that, among the objects of Dagster and dbt, it takes a
tenth of a run.
"""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def prepare_environment(home: Home) -> None:
    """Dagster's storage, under ``AND_HOME`` or in PostgreSQL; no telemetry anywhere.

    Raises:
        UserError: nothing can be written there, or the database of ``AND_POSTGRES`` can't be used.
    """
    require_storage()
    try:
        write_settings(home)
    except OSError as error:
        raise UserError(
            f"Nothing can be written under {home.root} ({error.strerror}: {error.filename}): set AND_HOME to a folder "
            "of yours, or move away what is in the way."
        ) from None
    os.environ |= variables() | {
        "AND_HOME": str(home.root),
        "AND_LAKE": home.lake_url or "",
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


@contextmanager
def open_instance(home: Home) -> Iterator["DagsterInstance"]:
    """Dagster's own storage. SQLite is opened by one process at a time: two that make its databases at once spoil them.

    Raises:
        UserError: Dagster can't make sense of its settings.
    """
    from dagster import DagsterInstance

    with nullcontext() if postgres() else FileLock(home.dagster / ".opening.lock"):
        try:
            instance = DagsterInstance.get()
        except Exception as error:  # by the setting that is wrong: YAML's errors, Dagster's, TypeError, ...
            if obstacle(error):
                raise
            raise UserError(
                f"Dagster can't take {home.dagster / SETTINGS} ({without_password(said_by(error))}): mend the file, or "
                "delete it, and it is written anew."
            ) from error
    with instance:
        yield instance


def run(names: Sequence[str], home: Home, console: Console, *, traceback: bool = False) -> dict[str, Outcome]:
    """Materialise every asset of the dissections, then build the warehouse and the figures if anything has changed.

    What dbt prints goes to ``dbt.log`` under ``AND_HOME``; ``console`` shows one line per asset.

    Returns:
        what happened, by dissection, and under ``warehouse``.

    Raises:
        UserError: another program holds the warehouse for writing.
    """
    prepare_environment(home)
    gc.set_threshold(*RARELY)
    logging.getLogger().addFilter(PATIENCE)
    shared, last_build = Shared.of(home), home.root / LAST_BUILD
    shared.follow([home.warehouse, last_build])
    shared.follow_all(home.reports)
    dissections_held(home.warehouse)  # before any work: whoever holds it for writing has to let it go
    outcomes: dict[str, Outcome] = {}
    with ExitStack() as stack, log_of_dbt(home).open("a") as log, redirect_stdout(log), ignored_in(log):

        @cache
        def dagster() -> _Dagster:
            # dbt's graph is needed at the end only; a process of its own reads the project meanwhile
            parsed = stack.enter_context(ThreadPoolExecutor(1)).submit(manifest, home)
            instance = stack.enter_context(open_instance(home))
            end_killed(home, instance)
            return _Dagster(instance, home, console, traceback, parsed)

        for number, name in enumerate(names):
            if number:
                gc.collect()  # circles hold buffers of tensors and tables, which Python counts as next to nothing
            if number == 1:
                gc.freeze()  # what is loaded by now stays, and need not be looked through again
            console.print(f"[bold]{name}[/]")
            outcomes[name] = _dissected(name, home, console, dagster)
        console.print("[bold]warehouse[/]")
        for name, tables in coherent_dissections(Lake.of(home))[1].items():
            console.print(
                f"  [yellow]{name} is left out[/]: {_listed(tables)} can't be read, is of another version, or stems "
                f"from what has changed since; `dissect run {name}` makes it anew.",
                highlight=False,
            )
        outcomes["warehouse"] = _last_build(home) or dagster().warehouse()
    if outcomes["warehouse"].is_good and not outcomes["warehouse"].is_reused:
        said = {"checks": outcomes["warehouse"].checks_passed, "drawn_by": drawn_by(), "storage": identity()}
        with replacing(last_build) as temporary:
            temporary.write_text(json.dumps(said), encoding="utf-8")
        shared.publish(last_build)
    return outcomes


def _dissected(name: str, home: Home, console: Console, dagster: Callable[[], "_Dagster"]) -> Outcome:
    """The outcome of the last run where nothing has changed since, else that of a new one."""
    dissection = find(name, home)
    before = outside_key(dissection, home)
    if last := last_outcome(name, home, before):
        tell_again(last, console)
        return last
    outcome = dagster().dissection(name)
    is_repeatable = before and outcome.is_good and outside_key(dissection, home) == before
    keep_outcome(name, home, before if is_repeatable else None, outcome)
    return outcome


def _last_build(home: Home) -> Outcome | None:
    """The outcome of the build that made the present warehouse, if it was made from what the lake holds now, and its
    figures were drawn by today's code.

    Raises:
        UserError: another program holds the warehouse for writing.
    """
    try:
        last = json.loads((home.root / LAST_BUILD).read_text(encoding="utf-8"))
        drawn, checks = (last["drawn_by"], last.get("storage", "")), int(last["checks"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    held = dissections_held(home.warehouse)
    if held is None or held != what_dissections_are_made_from(home, Lake.of(home)):
        return None
    if drawn != (drawn_by(), identity()):
        return None
    if not any(home.reports.glob("*.png")):
        return None
    return Outcome(checks_passed=checks, is_reused=True)


@dataclass(frozen=True)
class _Dagster:
    """The graph, loaded when it is first needed."""

    instance: "DagsterInstance"
    home: Home
    console: Console
    traceback: bool
    parsed: Future[Path]

    def dissection(self, name: str) -> Outcome:
        """Run every room of a dissection."""
        from dagster_and.room_definitions import DISSECT, room_definitions

        checked = f"{NEURON_LABELS.name}_suite"
        said = {checked: lambda: first_neuron(Lake.of(self.home), name)}
        return self._execute(room_definitions(), DISSECT.name, name, said)

    def warehouse(self) -> Outcome:
        """Build the warehouse and draw the figures."""
        self.parsed.result()
        from dagster_and.definitions import BUILD_WAREHOUSE, defs

        return self._execute(defs, BUILD_WAREHOUSE.name, None)

    def _execute(
        self, defs: "Definitions", job: str, partition: str | None,
        after: Mapping[str, Callable[[], str | None]] | None = None,
    ) -> Outcome:  # fmt: skip
        from dagster import DagsterExecutionInterruptedError

        from dagster_and.jobs import ATTENDED

        run_id = str(uuid.uuid4())
        graph = defs.resolve_asset_graph()
        groups = {node.key.path[-1]: node.group_name or "" for node in graph.asset_nodes}
        narrator = Narrator(self.console, groups, with_traceback=self.traceback, after=after)
        self.instance.add_event_listener(run_id, narrator)
        with under_way(self.home, run_id):
            try:
                defs.resolve_job_def(job).execute_in_process(
                    run_config=QUIET, instance=self.instance, partition_key=partition, raise_on_error=False,
                    run_id=run_id, tags={ATTENDED: "yes"},
                )  # fmt: skip
            except DagsterExecutionInterruptedError:  # between two steps
                raise KeyboardInterrupt from None
        narrator.finish()
        if narrator.is_interrupted:
            raise KeyboardInterrupt
        if narrator.outcome.is_good:
            forget_older(job, partition, self.instance)
        return narrator.outcome


def _listed(tables: Sequence[str]) -> str:
    rest = f" and {len(tables) - SHOWN} more" if len(tables) > SHOWN else ""
    return ", ".join(tables[:SHOWN]) + rest


@contextmanager
def ignored_in(log: TextIO) -> Iterator[None]:
    """Errors that Python ignores, as of a library's generator that an error cuts off, go to a log, and no trace
    of them to people: the error itself is told.
    """

    def note(ignored: "sys.UnraisableHookArgs") -> None:
        with suppress(OSError, ValueError):  # the log is closed, or its disk full
            print(f"ignored: {ignored.exc_value!r} in {ignored.object!r}", file=log)

    before, sys.unraisablehook = sys.unraisablehook, note
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Seconds that the block took, in element 0 once it is over."""
    seconds = [0.0]
    start = time.monotonic()
    try:
        yield seconds
    finally:
        seconds[0] = time.monotonic() - start
