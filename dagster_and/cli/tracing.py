"""``dissect trace``."""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dagster_and.cli.app import Traceback, app, console, dissection_names, with_clear_errors
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

if TYPE_CHECKING:
    import duckdb


SHOWN = {"label": 2, "line": 1, "highest clips": 5, "sentence of the highest": 3}
"""Parts of the story that fit on one screen, and how many lines of each; ``--all`` shows the others."""
MOMENTS = "highest moments"
SHOWN_WITH_MOMENTS = {"label": 1, "line": 1, "highest clips": 2, MOMENTS: 3, "sentence of the highest": 2}
"""The same of a neuron whose moments are captioned."""
TIMED = "highest clips"
"""The part whose lines begin with when in the clip the neuron fires."""
WIDE_S = 0.1
"""Moments from this on are told in tenths of a second."""
WHEN = "select rank, moment_start_s as start_s, moment_end_s as end_s from fct_top_clips"


@app.command("trace", epilog="Examples: dissect trace 1152   |   dissect trace 1152 --all   |   "
             "dissect trace 1152 --dissection ast-esc10")  # fmt: skip
def trace_neuron(
    neuron: Annotated[int, typer.Argument(help="neuron_id, as in the table neuron_descriptions.")],
    dissection: Annotated[
        str | None,
        typer.Option(help="Whose neuron; needed where there are several.", autocompletion=dissection_names),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="The whole story: lowest clips, words, concepts, prompts and answers, too.")
    ] = False,
    traceback: Traceback = False,
) -> None:
    """Print a neuron's story on one screen: label, sentence, highest clips, what is said of them; or all of it."""
    with_clear_errors(lambda: _traced(neuron, dissection, everything, Home.from_environment()), traceback)


def _traced(neuron: int, dissection: str | None, everything: bool, home: Home) -> bool:
    from dagster_and.lake.shared import Shared
    from dagster_and.warehouse.reading import dissection_meant, reading

    Shared.of(home).follow([home.warehouse])
    if not home.warehouse.exists():
        raise UserError(f"There is no warehouse at {home.warehouse} yet: run `dissect run ast-demo` first.")
    with reading(home.warehouse) as warehouse:
        name = dissection_meant(warehouse, dissection)
        told = _rows(warehouse, "from neuron_descriptions where dissection = ? and neuron_id = ?", name, neuron)
        if not told:
            (most,) = _rows(warehouse, "select max(neuron_id) as id from dim_neurons where dissection = ?", name)
            raise UserError(f"{name} has no neuron {neuron}: write a number from 0 to {most['id']}.")
        _headline(told[0])
        rows = _rows(warehouse, "from neuron_story(?, ?)", name, neuron)
        if everything:
            _story(rows)
        else:
            _screen(rows, _moments(warehouse, name, neuron), f"dissect trace {neuron} --dissection {name} --all")
    return True


def _moments(warehouse: "duckdb.DuckDBPyConnection", dissection: str, neuron: int) -> dict[int, str]:
    """When the neuron fires in its highest clips, in words by rank; none of a layer without time."""
    which = "where dissection = ? and neuron_id = ? and direction = 'highest' and moment_start_s is not null"
    told = {}
    for row in _rows(warehouse, f"{WHEN} {which}", dissection, neuron):
        digits = 1 if row["end_s"] - row["start_s"] >= WIDE_S else 2
        told[row["rank"]] = f"at {row['start_s']:.{digits}f}-{row['end_s']:.{digits}f} s"
    return told


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


def _screen(rows: list[dict[str, Any]], moments: dict[int, str], command: str) -> None:
    """The first rows of the parts that fit, a line each, and what else there is; ``moments`` by rank of the clip."""
    more = []
    most = SHOWN_WITH_MOMENTS if any(row["part"] == MOMENTS for row in rows) else SHOWN
    for part, grouped in groupby(rows, key=lambda row: row["part"]):
        of_part = list(grouped)
        shown = of_part[: most.get(part, 0)]
        if shown:
            console.print(f"\n[bold]{part}[/]", highlight=False)
        for row in shown:
            when = f"{moments[row['place']]}: " if part == TIMED and row["place"] in moments else ""
            line = f"  {when}{row['what']}" + (f"  ({row['detail']})" if row["detail"] else "")
            _print(" ".join(line.split("\n")), one_line=True)
        if left := len(of_part) - len(shown):
            more.append(f"{part} ({left})")
    if more:
        _print(f"\nMore: {', '.join(more)}: {command}")


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


def _print(text: str, one_line: bool = False) -> None:
    if one_line:
        console.print(_plain(text), highlight=False, soft_wrap=False, no_wrap=True, overflow="ellipsis")
    else:
        console.print(_plain(text), highlight=False)


def _plain(text: str | None) -> str:
    """A caption may hold brackets, which the console would take for markup."""
    return (text or "").replace("[", r"\[")
