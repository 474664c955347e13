"""``dissect find``."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from dagster_and.cli.app import Traceback, app, console, dissection_names, with_clear_errors
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

if TYPE_CHECKING:
    import polars as pl


@app.command("find", epilog="Examples: dissect find siren   |   dissect find dripping water --meaning   |   "
             "dissect find loud bark --dissection ast-demo --most 5")  # fmt: skip
def find_neurons(
    words: Annotated[list[str], typer.Argument(help="Words that all have to be said of a neuron.")],
    meaning: Annotated[
        bool, typer.Option("--meaning", help="Find what means the same in other words; the first time takes longer.")
    ] = False,
    dissection: Annotated[
        str | None, typer.Option(help="Whose neurons; default: all dissections'.", autocompletion=dissection_names)
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="Neurons shown of each dissection.")] = 10,
    traceback: Traceback = False,
) -> None:
    """Find the neurons of which something is said, the most trusted first, as the explorer does."""
    with_clear_errors(lambda: _found(" ".join(words), meaning, dissection, most, Home.from_environment()), traceback)


def _found(words: str, meaning: bool, dissection: str | None, most: int, home: Home) -> bool:
    from dagster_and.notebook import OpenHouse

    if not words.strip():
        raise UserError("Nothing is asked for: write a word or more, as in `dissect find siren`.")
    if not home.warehouse.exists():
        raise UserError(f"There is no warehouse at {home.warehouse} yet: run `dissect run ast-demo` first.")
    house, is_any = OpenHouse(home), False
    for name in list(house) if dissection is None else [dissection]:
        found = house[name].find(words, most, by="meaning" if meaning else "words")
        if found.height:
            console.print(_table(name, found))
            is_any = True
    if not is_any:
        where = "any dissection" if dissection is None else dissection
        other = "" if meaning else "; --meaning looks for other words of the same meaning"
        console.print(f"No neuron of {where} is said to be {words!r}{other}.", highlight=False, markup=False)
    return True


def _table(name: str, found: "pl.DataFrame") -> Table:
    table = Table(title=name, title_justify="left", box=None)
    for heading in ("neuron", "block", "sublayer", "trust", "95 % interval", "what is said of it"):
        table.add_column(heading, justify="left" if heading in ("sublayer", "what is said of it") else "right")
    for row in found.iter_rows(named=True):
        trust, interval = "-", "-"
        if row["trust"] is not None:
            trust, interval = f"{row['trust']:.2f}", f"{row['trust_low']:.2f} to {row['trust_high']:.2f}"
        said = row["statement"] or row["label"] or row["description"] or ""
        table.add_row(
            str(row["neuron_id"]), str(row["block_index"]), row["sublayer"], trust, interval, escape(said)
        )  # fmt: skip
    return table
