"""``dissect trace``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dagster_and.cli.app import Traceback, app, console, with_clear_errors
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

if TYPE_CHECKING:
    import duckdb


@app.command("trace", epilog="Examples: dissect trace 1152   |   dissect trace 1152 --dissection ast-esc10")
def trace_neuron(
    neuron: Annotated[int, typer.Argument(help="neuron_id, as in the table neuron_descriptions.")],
    dissection: Annotated[str | None, typer.Option(help="Whose neuron; needed where there are several.")] = None,
    traceback: Traceback = False,
) -> None:
    """Print a neuron's whole story: clips, captions, prompts, answers, sentences kept and dropped, words, concepts."""
    with_clear_errors(lambda: _traced(neuron, dissection, Home.from_environment()), traceback)


def _traced(neuron: int, dissection: str | None, home: Home) -> bool:
    from dagster_and.lake.shared import Shared
    from dagster_and.warehouse.reading import reading

    Shared.of(home).follow([home.warehouse])
    if not home.warehouse.exists():
        raise UserError(f"There is no warehouse at {home.warehouse} yet: run `dissect run ast-demo` first.")
    with reading(home.warehouse) as warehouse:
        name = _dissection(warehouse, dissection)
        told = _rows(warehouse, "from neuron_descriptions where dissection = ? and neuron_id = ?", name, neuron)
        if not told:
            (most,) = _rows(warehouse, "select max(neuron_id) as id from dim_neurons where dissection = ?", name)
            raise UserError(f"{name} has no neuron {neuron}: write a number from 0 to {most['id']}.")
        _headline(told[0])
        _story(_rows(warehouse, "from neuron_story(?, ?)", name, neuron))
    return True


def _dissection(warehouse: "duckdb.DuckDBPyConnection", wanted: str | None) -> str:
    names = [row["dissection"] for row in _rows(warehouse, "select dissection from dim_dissections order by 1")]
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is None or wanted not in names:
        what = "Several dissections are" if wanted is None else f"There is no dissection {wanted!r}"
        raise UserError(f"{what} in the warehouse: write --dissection with one of {', '.join(names) or '(none)'}.")
    return wanted


def _headline(told: dict[str, Any]) -> None:
    stands = f", stands for {told['class_label']}" if told["class_label"] else ""
    console.print(
        f"[bold]Neuron {told['neuron_id']} of {told['dissection']}[/]: {told['target']}, block {told['block_index']} "
        f"{told['sublayer']}, unit {told['neuron_index']}{stands}.",
        highlight=False,
    )
    _print(_label(told))
    _print(told["description"] or f"No description: {told['missing_reason']}.")


def _label(told: dict[str, Any]) -> str:
    """The label with its score, as one line."""
    if told["label"] is None:
        return f"No label: {told['label_missing_reason'].rstrip('.')}."
    also = f"; also {told['second_label']}" if told["second_label"] else ""
    return (
        f"Label: {told['label']}{also} (AUROC {told['label_auroc']:.2f}, {told['label_low']:.2f} to "
        f"{told['label_high']:.2f}; accounts for {told['label_accounts_for']:.0%}; fires on about "
        f"{told['effective_clips']:.0f} clips)."
    )


def _story(rows: list[dict[str, Any]]) -> None:
    part = None
    for row in rows:
        if row["part"] != part:
            part = row["part"]
            console.print(f"\n[bold]{part}[/]", highlight=False)
        _print(f"  {row['what']}")
        console.print(f"    [dim]{_plain(row['detail'])}[/]", highlight=False)


def _rows(warehouse: "duckdb.DuckDBPyConnection", query: str, *values: object) -> list[dict[str, Any]]:
    return warehouse.execute(query, list(values)).pl().to_dicts()


def _print(text: str) -> None:
    console.print(_plain(text), highlight=False)


def _plain(text: str | None) -> str:
    """A caption may hold brackets, which the console would take for markup."""
    return (text or "").replace("[", r"\[")
