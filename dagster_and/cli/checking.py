"""``dissect check``."""

from typing import Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, dissection_names, with_clear_errors
from dagster_and.dissection import find
from dagster_and.foundation.home import Home


@app.command("check", epilog="Examples: dissect check ast-demo   |   dissect check my/own.yaml")
def check_dissection(
    dissection: Annotated[str, typer.Argument(help="A dissection's name, or a file.", autocompletion=dissection_names)],
    traceback: Traceback = False,
) -> None:
    """Refuse everything that can be refused before any work, or say what would be done."""
    with_clear_errors(lambda: _checked(dissection, Home.from_environment()), traceback)


def _checked(name: str, home: Home) -> bool:
    from dagster_and.orchestration.storage import require_storage
    from dagster_and.preflight.batches import check_batches
    from dagster_and.preflight.checking import check, check_lake

    require_storage()
    check_lake(home)
    dissection = find(name, home)
    for line in [*check(dissection, home), *check_batches(dissection, home)]:
        console.print(line, highlight=False, markup=False)
    return True
