"""``dissect sql``."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dagster_and.cli.app import app, with_clear_errors
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home


@app.command("sql", epilog='Examples: dissect sql   |   dissect sql "select * from dim_neurons limit 5"')
def sql(query: Annotated[str | None, typer.Argument(help="A query; without one, a prompt opens.")] = None) -> None:
    """Open a SQL prompt on the warehouse (the DuckDB shell, read-only), or answer one query."""
    with_clear_errors(lambda: _asked(query, Home.from_environment()), traceback=False)


def _asked(query: str | None, home: Home) -> bool:
    from dagster_and.lake.shared import Shared
    from dagster_and.warehouse.reading import reading

    Shared.of(home).follow([home.warehouse])
    if not home.warehouse.exists():
        raise UserError(
            f"There is no warehouse at {home.warehouse} yet: run `make demo` or `dissect run ast-demo` first."
        )
    with reading(home.warehouse):
        pass  # what stands in its way is said here, before DuckDB's shell says it at length
    shell = str(Path(sys.executable).with_name("duckdb"))
    arguments = [shell, "-readonly", str(home.warehouse), *(["-c", query] if query else [])]
    os.execv(shell, arguments)
