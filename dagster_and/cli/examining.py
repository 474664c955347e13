"""``dissect doctor``."""

from typing import Annotated

import typer
from rich.markup import escape

from dagster_and.cli.app import Traceback, app, console, with_clear_errors
from dagster_and.foundation.home import Home

COLORS = {"ok": "green", "missing": "red", "optional": "yellow"}


@app.command("doctor", epilog="Examples: dissect doctor   |   dissect doctor --quick")
def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Ask no server and load no library.")] = False,
    traceback: Traceback = False,
) -> None:
    """Say what this machine has and lacks, a line each, and how to get it; exit 1 where something is needed."""
    with_clear_errors(lambda: _examined(quick, Home.from_environment()), traceback)


def _examined(quick: bool, home: Home) -> bool:
    from dagster_and.preflight.machine import examine

    findings = examine(home, quick=quick)
    for found in findings:
        get = f": {found.get}" if found.get else ""
        status = f"[{COLORS[found.status]}]{found.status:<8}[/]"
        console.print(f"{status} {escape(f'{found.what}: {found.said}{get}')}", highlight=False)
    return all(found.status != "missing" for found in findings)
