"""``dissect sql``."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from dagster_and.cli.app import app, with_clear_errors
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

FORMS = ("box", "csv", "json", "jsonlines", "markdown", "line")
LOCKED = ".safe_mode"
"""Of DuckDB's shell: no file but the warehouse is read, none is written, no command is started, no setting changed."""


@app.command("sql", epilog='Examples: dissect sql   |   dissect sql "from dim_neurons limit 5"   |   '
             'dissect sql --as csv "from dim_neurons" > neurons.csv')  # fmt: skip
def sql(
    query: Annotated[str | None, typer.Argument(help="A query; without one, a prompt opens.")] = None,
    form: Annotated[str, typer.Option("--as", help=f"How rows are printed: {', '.join(FORMS)}.")] = FORMS[0],
) -> None:
    """Open a SQL prompt on the warehouse (the DuckDB shell, which reads it and no other file), or answer one query."""
    with_clear_errors(lambda: _asked(query, form, Home.from_environment()), traceback=False)


def _asked(query: str | None, form: str, home: Home) -> bool:
    from dagster_and.lake.shared import Shared
    from dagster_and.warehouse.reading import reading

    if form not in FORMS:
        raise UserError(f"--as is {form!r}: write {', '.join(FORMS[:-1])} or {FORMS[-1]}.")
    Shared.of(home).follow([home.warehouse])
    if not home.warehouse.exists():
        raise UserError(
            f"There is no warehouse at {home.warehouse} yet: run `make demo` or `dissect run ast-demo` first."
        )
    with reading(home.warehouse):
        pass  # what stands in its way is said here, before DuckDB's shell says it at length
    shell = str(Path(sys.executable).with_name("duckdb"))
    # without a form the shell's own init file says how rows are shown
    shown = [] if form == FORMS[0] else [f"-{form}"]
    arguments = [shell, "-readonly", *shown, str(home.warehouse), "-cmd", LOCKED, *(["-c", query] if query else [])]
    if query is None or sys.stdout.isatty():
        os.execv(shell, arguments)
    return _written(arguments)


def _written(arguments: list[str]) -> bool:
    """Whether DuckDB's shell did as it was asked. It passes over a full disk: a file that ends early would look whole.

    Raises:
        OSError: what it prints can't be written.
    """
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as shell:
        assert shell.stdout
        try:
            shutil.copyfileobj(shell.stdout, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except BaseException as error:
            shell.kill()
            if isinstance(error, BrokenPipeError):  # `| head` has what it wanted
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                sys.exit(128 + signal.SIGPIPE)
            raise
    return shell.returncode == 0
