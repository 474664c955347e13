"""The short account at the end of ``dissect run``."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dagster_and.foundation.home import Home
from dagster_and.method.target.worth import NEAR_CHANCE, worth_of
from dagster_and.orchestration.running import Outcome
from dagster_and.preflight.forecast import Forecast, certainty_of
from dagster_and.warehouse.reading import read_report

TRUE_ADJECTIVES = "acoustic adjectives true of most highest clips"
"""A claim of ``rpt_description_truth``."""
TOPS = ("top1", "top5")
BY_CONSTRUCTION = "Of captions that are the sound bank's own this is so by construction: it checks the pipeline alone."


def give(names: Sequence[str], outcomes: dict[str, Outcome], home: Home, console: Console) -> None:
    """Clips, neurons, accuracies beside chance, checks, where things lie, what to type next."""
    built = outcomes["warehouse"].is_good
    for name in names:
        if built and outcomes[name].is_good:
            _facts(name, home, console)
    passed = sum(o.checks_passed for o in outcomes.values())
    failed = [check for o in outcomes.values() for check in o.checks_failed]
    note = ""
    if all(outcome.is_reused for outcome in outcomes.values()):
        note = " (all of them before; nothing has changed since)"
    elif outcomes["warehouse"].is_reused:
        earlier = outcomes["warehouse"].checks_passed
        note = f" ({earlier} of them when the warehouse was built; nothing has changed since)"
    warning = [check for o in outcomes.values() for check in o.checks_warning]
    warned = f", {len(warning)} {'warns' if len(warning) == 1 else 'warn'} ({', '.join(warning)})" if warning else ""
    console.print(f"\nChecks: {passed} passed{note}, {len(failed)} failed{escape(warned)}.", highlight=False)
    for check in failed[:20]:
        console.print(f"  [red]{escape(check)}[/]", highlight=False)
    if built:
        _places(home, console)
    else:
        console.print("The warehouse and its figures could not all be made: see above.", highlight=False)


def give_forecast(lines: Sequence[Forecast], console: Console) -> None:
    """Calls and tokens that are still to come, task by task."""
    if not lines:
        console.print("  No model is asked: 0 calls.", highlight=False)
        return
    table = Table(box=None)
    headings = ("task", "model", "", "requests", "answered", "calls", "prompt tokens", "answer tokens", "US$")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("task", "model", "") else "right")
    for line in lines:
        left = line.estimate
        counts = (left.requests, left.answered, left.calls, left.prompt_tokens, left.completion_tokens)
        cost = "unknown" if left.cost_usd is None else f"{left.cost_usd:.2f}"
        table.add_row(line.task, line.model, line.certainty, *(f"{count:,}" for count in counts), cost)
    console.print(table)
    calls = sum(line.estimate.calls for line in lines)
    console.print(
        f"  {certainty_of(lines).capitalize()} {calls:,} calls to come; retries of unusable answers add to them.",
        highlight=False,
    )


def _facts(name: str, home: Home, console: Console) -> None:
    facts = read_report(home.warehouse, "dim_dissections", name).row(0, named=True)
    console.print(
        f"\n[bold]{name}[/]: {facts['clips']} clips, {facts['rejected_clips']} rejected; "
        f"{facts['neurons']:,} neurons in {facts['layers']} layers of {escape(facts['target'])}.",
        highlight=False,
    )
    _worth(facts, console)
    _descriptions(name, home, console)
    console.print(_last_layer(name, home))


def _worth(facts: Mapping[str, Any], console: Console) -> None:
    """The target's accuracy beside chance, or why it isn't known; in yellow where it is near chance."""
    worth = worth_of(facts)
    if worth.missing_reason:
        console.print(worth.sentence, highlight=False)
    else:
        console.print(
            f"Target's accuracy on the held-out fold {facts['held_out_fold']}: {worth.accuracy:.1%} of {worth.clips} "
            f"clips ({worth.low:.1%} to {worth.high:.1%}; chance {worth.chance:.1%}).",
            highlight=False,
        )
    if worth.is_near_chance:
        console.print(NEAR_CHANCE, style="yellow", highlight=False)


def _descriptions(name: str, home: Home, console: Console) -> None:
    """How many neurons are labelled, how many described and by whom, why others aren't, and how true it is."""
    told = read_report(home.warehouse, "neuron_descriptions", name)
    _labels(told, console)
    described = told.drop_nulls("description")
    who = ", ".join(described["describer"].drop_nulls().unique().sort()) or "nobody"
    console.print(f"Described: {described.height:,} of {told.height:,} neurons, by {who}.", highlight=False)
    for reason, count in told.drop_nulls("missing_reason")["missing_reason"].value_counts(sort=True).iter_rows():
        console.print(f"  {count:,} without: {reason}", highlight=False)
    truth = read_report(home.warehouse, "rpt_description_truth", name)
    for row in truth.drop_nulls("share").iter_rows(named=True):
        claim = f"{row['claim'][0].upper()}{row['claim'][1:]}"
        console.print(
            f"{claim}: {row['share']:.0%} of {row['judged']:,} "
            f"({_share(row['share_low'])} to {_share(row['share_high'])}; chance {_share(row['chance'])}).",
            highlight=False,
        )
        if row["claim"] == TRUE_ADJECTIVES:
            console.print(f"  {BY_CONSTRUCTION}", highlight=False)


def _labels(told: pl.DataFrame, console: Console) -> None:
    """How many neurons are labelled and how well, and why the others aren't."""
    labelled = told.drop_nulls("label")
    fit = f", median AUROC {labelled['label_auroc'].median():.2f}" if labelled.height else ""
    console.print(f"Labelled: {labelled.height:,} of {told.height:,} neurons{fit}.", highlight=False)
    for reason, count in (
        told.drop_nulls("label_missing_reason")["label_missing_reason"].value_counts(sort=True).iter_rows()
    ):
        console.print(f"  {count:,} without: {reason}", highlight=False)


def _last_layer(name: str, home: Home) -> Table:
    report = read_report(home.warehouse, "rpt_last_layer_accuracy", name)
    table = Table(title="Last layer: head neurons whose class is named", title_justify="left", box=None)
    for heading in ("method", "similarity", "top-1", "95 % interval", "top-5", "95 % interval", "neurons"):
        table.add_column(heading, justify="left" if heading in ("method", "similarity") else "right")
    for row in report.iter_rows(named=True):
        spans = {t: f"{_share(row[f'{t}_accuracy_low'])} to {_share(row[f'{t}_accuracy_high'])}" for t in TOPS}
        table.add_row(
            row["method"], row["similarity"], _share(row["top1_accuracy"]), spans["top1"],
            _share(row["top5_accuracy"]), spans["top5"], str(row["neurons_judged"]),
        )  # fmt: skip
    if report.height:
        table.caption = f"chance: top-1 {_share(report['top1_chance'][0])}, top-5 {_share(report['top5_chance'][0])}"
    return table


def _share(share: float | None) -> str:
    """Per cent; of what nobody could judge, a dash."""
    return "-" if share is None else f"{share:.0%}"


def _places(home: Home, console: Console) -> None:
    console.print(
        f"\nWarehouse  {home.warehouse}\nLake       {home.lake_place}\nReports    {home.reports}",
        highlight=False,
        markup=False,
    )
    console.print("Next: `make sql` to query the neurons, `make dev` to see the graph, the checks and the figures.")
