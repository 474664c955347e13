"""``dissect compare``."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from dagster_and.cli.app import Traceback, app, console, dissection_names, with_clear_errors
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

if TYPE_CHECKING:
    import polars as pl


@app.command("compare", epilog="Example: dissect compare ast-demo planted-demo")
def compare(
    first: Annotated[str, typer.Argument(help="A dissection in the warehouse.", autocompletion=dissection_names)],
    second: Annotated[str, typer.Argument(help="Another one.", autocompletion=dissection_names)],
    traceback: Traceback = False,
) -> None:
    """Set two dissections side by side, layer by layer and class by class, with what chance would change."""
    with_clear_errors(lambda: _compared(first, second, Home.from_environment()), traceback)


def _compared(first: str, second: str, home: Home) -> bool:
    from dagster_and.lake.shared import Shared
    from dagster_and.warehouse.comparison import sides
    from dagster_and.warehouse.reading import read_report

    Shared.of(home).follow([home.warehouse])
    if not home.warehouse.exists():
        raise UserError(f"There is no warehouse at {home.warehouse} yet: run `dissect run {first} {second}` first.")
    known = read_report(home.warehouse, "dim_dissections")["dissection"].to_list()
    for name in (first, second):
        if name not in known:
            raise UserError(f"The warehouse holds no dissection {name!r}: write two of {', '.join(sorted(known))}.")
    if first == second:
        raise UserError(f"{first} is compared with itself: write two different names.")
    rows = sides(read_report(home.warehouse, "rpt_dissection_comparison"), first, second)
    if not rows.height:
        raise UserError(f"{first} and {second} share no layer and no class, so nothing can be set side by side.")
    console.print(_table(rows, first, second))
    return True


def _table(rows: "pl.DataFrame", first: str, second: str) -> Table:
    table = Table(title=f"{second} beside {first}", title_justify="left", box=None)
    for heading in ("part", "measure", first, second, "difference", "95 % interval", "neurons"):
        table.add_column(heading, justify="left" if heading in ("part", "measure") else "right")
    for row in rows.iter_rows(named=True):
        interval = "one neuron"
        if row["difference_low"] is not None:
            interval = f"{row['difference_low']:+.2f} to {row['difference_high']:+.2f}"
        changed = "[bold]" if row["is_beyond_chance"] else "[dim]"
        table.add_row(
            row["part"], row["measure"].replace("_", " "), f"{row['value_a']:.2f}", f"{row['value_b']:.2f}",
            f"{changed}{row['difference']:+.2f}[/]", interval, f"{row['neurons_a']} / {row['neurons_b']}",
        )  # fmt: skip
    table.caption = (
        "Bold: the interval leaves 0 out. It is what the difference would vary by if other "
        "neurons of the same kind had been drawn."
    )
    return table
