"""``dissect``: the one command for people and scripts."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dagster_and.dissection import dissection_files, find, load_all
from dagster_and.errors import UserError
from dagster_and.home import Home

app = typer.Typer(
    help="Dissect acoustic networks: every neuron described, with evidence, in SQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
Traceback = Annotated[bool, typer.Option("--traceback", help="Show the stack trace of an error.")]
console = Console(file=sys.stdout, soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)


@app.command("list", epilog="Example: dissect list")
def list_dissections() -> None:
    """List the dissections: those that come along, and yours in $AND_HOME/dissections."""
    home = Home.from_environment()
    good, refused = load_all(home)
    for name in sorted(dissection_files(home)):
        text = good[name].description if name in good else f"[red]refused: {refused[name]}[/]"
        console.print(f"{name:<20} {text}", highlight=False)


@app.command("check", epilog="Examples: dissect check ast-demo   |   dissect check my/own.yaml")
def check_dissection(
    dissection: Annotated[str, typer.Argument(help="A dissection's name, or a file.")], traceback: Traceback = False
) -> None:
    """Refuse everything that can be refused before any work, or say what would be done."""
    home = Home.from_environment()
    with_clear_errors(lambda: _checked(dissection, home), traceback)


@app.command("run", epilog="Examples: dissect run ast-demo   |   dissect run ast-demo ast-esc10")
def run_dissections(
    names: Annotated[list[str], typer.Argument(help="Names of dissections, see `dissect list`.")],
    traceback: Traceback = False,
) -> None:
    """Materialise every asset, build the warehouse, run every check, and give a short account."""
    home = Home.from_environment()
    with_clear_errors(lambda: _run(names, home, traceback), traceback)


@app.command("sql", epilog='Examples: dissect sql   |   dissect sql "select * from dim_neurons limit 5"')
def sql(query: Annotated[str | None, typer.Argument(help="A query; without one, a prompt opens.")] = None) -> None:
    """Open a SQL prompt on the warehouse (the DuckDB shell, read-only), or answer one query."""
    warehouse = Home.from_environment().warehouse
    if not warehouse.exists():
        errors.print(f"There is no warehouse at {warehouse} yet: run `make demo` or `dissect run ast-demo` first.")
        raise typer.Exit(1)
    shell = str(Path(sys.executable).with_name("duckdb"))
    arguments = [shell, "-readonly", str(warehouse), *(["-c", query] if query else [])]
    os.execv(shell, arguments)


def _checked(name: str, home: Home) -> bool:
    from dagster_and.preflight import check

    for line in check(find(name, home), home):
        console.print(line, highlight=False)
    return True


def _run(names: list[str], home: Home, traceback: bool) -> bool:
    from dagster_and.preflight import check

    unknown = [name for name in names if name not in dissection_files(home)]
    for name in unknown:
        find(name, home)  # raises for a name that isn't there
        raise UserError(f"{name} is a file: copy it to {home.dissections}/ and run it by its name.")
    for name in dict.fromkeys(names):
        check(find(name, home), home)

    from dagster_and import account
    from dagster_and.runner import run, stopwatch

    with stopwatch() as seconds:
        outcomes = run(list(dict.fromkeys(names)), home, console, traceback=traceback)
    account.give(names, outcomes, home, console)
    console.print(f"Took {seconds[0]:.0f} s.", highlight=False)
    return all(outcome.is_good for outcome in outcomes.values())


def with_clear_errors(work, traceback: bool) -> None:
    """Run ``work``; exit 1 with one clear sentence where it raises a UserError or returns False."""
    try:
        good = work()
    except UserError as error:
        if traceback:
            raise
        errors.print(f"[red]error:[/] {error}", highlight=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        errors.print("Stopped; what was finished is kept. The same command goes on from there.")
        raise typer.Exit(130) from None
    if not good:
        raise typer.Exit(1)
