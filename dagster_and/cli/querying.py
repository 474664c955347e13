"""``dissect sql``."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dagster_and.cli.app import app, errors
from dagster_and.foundation.home import Home


@app.command("sql", epilog='Examples: dissect sql   |   dissect sql "select * from dim_neurons limit 5"')
def sql(query: Annotated[str | None, typer.Argument(help="A query; without one, a prompt opens.")] = None) -> None:
    """Open a SQL prompt on the warehouse (the DuckDB shell, read-only), or answer one query."""
    warehouse = Home.from_environment().warehouse
    if not warehouse.exists():
        errors.print(
            f"There is no warehouse at {warehouse} yet: run `make demo` or `dissect run ast-demo` first.", markup=False
        )
        raise typer.Exit(1)
    shell = str(Path(sys.executable).with_name("duckdb"))
    arguments = [shell, "-readonly", str(warehouse), *(["-c", query] if query else [])]
    os.execv(shell, arguments)
