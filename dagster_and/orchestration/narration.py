"""What a run tells people while it goes on: one line a table or a room, in place of Dagster's event log."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape

from dagster_and.figures import NOT_DRAWN
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.obstacles import obstacle_in
from dagster_and.foundation.rooms import group_name

INTERRUPTED = "DagsterExecutionInterruptedError"
"""What Dagster makes of Ctrl-C."""
UNFORESEEN = "Nobody foresaw this"
WARNING = "[yellow]warning[/]"
MODEL_GROUPS = tuple(group_name(room) for room in ("staging", "intermediate", "marts", "reports"))


@dataclass
class Outcome:
    """What one run did: seconds and rows by asset, checks by verdict, and what went wrong."""

    assets: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int | None] = field(default_factory=dict)
    """Of each asset, in the order in which they were made."""
    is_reused: bool = False
    checks_passed: int = 0
    checks_failed: list[str] = field(default_factory=list)
    checks_warning: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What the checks that warn say, as it is told."""
    errors: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """No error, no failed check; a warning is good enough."""
        return not self.errors and not self.checks_failed


class Narrator:
    """Listens to Dagster's events; dbt's models are told room by room, everything else table by table.

    ``groups`` maps asset names to their group, see :func:`dagster_and.foundation.rooms.group_name`. ``after`` has
    something to say once a check of that name has passed, or None.
    """

    def __init__(
        self, console: Console, groups: Mapping[str, str], *, with_traceback: bool,
        after: Mapping[str, Callable[[], str | None]] | None = None,
    ):  # fmt: skip
        self._after = after or {}
        self.outcome = Outcome()
        self.is_interrupted = False
        self._console = console
        self._groups = groups
        self._with_traceback = with_traceback
        self._last = time.monotonic()
        self._models: dict[str, list[int]] = defaultdict(list)
        self._model_seconds = 0.0
        self._kept = ""
        self._waiting: set[str] = set()

    def __call__(self, entry: Any) -> None:
        """Take one ``dagster.EventLogEntry``."""
        event = entry.dagster_event
        if event is None:
            return
        if event.is_step_start:
            self._last = time.monotonic()
        elif event.event_type_value == "ASSET_MATERIALIZATION":
            self._materialised(event)
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            self._checked(event.asset_check_evaluation_data)
        elif event.event_type_value == "ENGINE_EVENT" and "pool" in event.event_specific_data.metadata:
            self._waits(event)
        elif event.is_step_failure or event.event_type_value == "RUN_FAILURE":
            self._failed(event)

    def finish(self) -> None:
        """Say what is left to say: call it when the run is over."""
        if not self._models:
            return
        made = [f"{len(self._models[g])} {g.split('_', 1)[1]}" for g in MODEL_GROUPS if g in self._models]
        rows = sum(map(sum, self._models.values()))
        self._console.print(f"  dbt models: {', '.join(made)}", highlight=False)
        self._console.print(f"  {'in the warehouse':<32}{rows:>9,} rows{self._model_seconds:8.1f} s", highlight=False)
        if self._kept:
            self._console.print(f"  {self._kept}", highlight=False, markup=False)
        self._models.clear()

    def _materialised(self, event: Any) -> None:
        name = event.asset_key.path[-1]
        seconds, self._last = time.monotonic() - self._last, time.monotonic()
        metadata = event.step_materialization_data.materialization.metadata
        rows = metadata.get("dagster/row_count")
        self.outcome.assets[name] = seconds
        self.outcome.rows[name] = rows.value if rows is not None else None
        if self._groups.get(name) in MODEL_GROUPS:
            self._models[self._groups[name]].append(rows.value if rows is not None else 0)
            self._model_seconds += seconds
            self._kept = _kept_sentence(metadata)
            return
        self.finish()
        reused = "reused" in metadata and metadata["reused"].value
        self._console.print(_line(name, self.outcome.rows[name], seconds, reused=reused), highlight=False)
        if NOT_DRAWN in metadata:
            self._console.print(f"    {NOT_DRAWN}: {metadata[NOT_DRAWN].value}", highlight=False, markup=False)

    def _checked(self, check: Any) -> None:
        if check.passed:
            self.outcome.checks_passed += 1
            if said := self._after.get(check.check_name, lambda: None)():
                self._console.print(f"  [bold]{escape(said)}[/]", highlight=False)
            return
        name = f"{check.asset_key.to_user_string()}: {check.check_name}"
        is_warning = check.severity.value == "WARN"
        (self.outcome.checks_warning if is_warning else self.outcome.checks_failed).append(name)
        described = f"{name}: {check.description or ''}"
        if is_warning:
            self.outcome.warnings.append(described)
        verdict = WARNING if is_warning else "[red]check failed[/]"
        self._console.print(f"  {verdict} {escape(described)}", highlight=False)

    def _waits(self, event: Any) -> None:
        """Told once of each step; Dagster repeats it."""
        if event.step_key in self._waiting:
            return
        self._waiting.add(event.step_key)
        pool = event.event_specific_data.metadata["pool"].value
        said = f"{event.step_key} waits until another run leaves a place in the pool {pool}"
        self._console.print(f"  [dim]{escape(said)}[/]", highlight=False)

    def _failed(self, event: Any) -> None:
        told = event.event_specific_data
        error = told.error if told else None
        while error is not None and error.cause is not None and error.cls_name != INTERRUPTED:
            error = error.cause
        if error is not None and error.cls_name == INTERRUPTED:
            self.is_interrupted = True
            return
        if error is None:
            return
        meant = getattr(told, "user_failure_data", None)  # the sentence that an asset failed with, see assets/specs.py
        sentence = meant.description if meant else _in_words(str(error.message))
        if sentence not in self.outcome.errors:
            self.outcome.errors.append(sentence)
            where = f"{event.step_key}: " if event.step_key else ""
            self._console.print(f"  [red]{escape(where + sentence)}[/]", highlight=False)
        if self._with_traceback:
            self._console.print("".join(error.stack), highlight=False, markup=False)


def _in_words(message: str) -> str:
    """A sentence for people as it is, and what the machine has in the way of Dagster itself; of any other error that it
    was not foreseen, and how to see more.
    """
    _, is_meant, sentence = message.strip().partition(f"{UserError.__name__}: ")
    if is_meant:
        return sentence
    said = " ".join(message.split()).rstrip(".")
    return obstacle_in(message) or (
        f"{UNFORESEEN} ({said}): give the command with --traceback to see where it is from."
    )


def tell_again(outcome: Outcome, console: Console) -> None:
    """The lines of a run of which nothing has changed since."""
    for name, rows in outcome.rows.items():
        console.print(_line(name, rows, 0.0, reused=True), highlight=False)
    for described in outcome.warnings:
        console.print(f"  {WARNING} {escape(described)}", highlight=False)


def _line(name: str, rows: int | None, seconds: float, *, reused: bool) -> str:
    count = f"{rows:>9,} rows" if rows is not None else " " * 14
    return f"  {name:<32}{count}{seconds:8.1f} s{'  unchanged' if reused else ''}"


def _kept_sentence(metadata: Mapping[str, Any]) -> str:
    """Which dissections' rows were built and tested in this build; of the others, that they were so earlier."""
    built, kept = (metadata[name].value if name in metadata else "" for name in ("built", "kept"))
    if not kept:
        return ""
    return f"built and tested: {built or 'none'}; as they were, and tested when they were built: {kept}"
