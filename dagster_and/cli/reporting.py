"""``dissect report``."""

from pathlib import Path
from typing import Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, with_clear_errors
from dagster_and.foundation.home import Home


@app.command("report", epilog="Examples: dissect report ast-demo   |   dissect report ast-demo --to for-you.html")
def write_report_of(
    dissection: Annotated[str, typer.Argument(help="A dissection in the warehouse.")],
    to: Annotated[Path | None, typer.Option(help="The file; default: reports/NAME.html under AND_HOME.")] = None,
    sounds: Annotated[bool, typer.Option(help="Enclose three sounds of at most five seconds.")] = True,
    traceback: Traceback = False,
) -> None:
    """Write one HTML file, to be mailed or printed: verdicts, figures, tables, twenty neurons, how to make it again."""
    with_clear_errors(lambda: _reported(dissection, to, sounds, Home.from_environment()), traceback)


def _reported(name: str, to: Path | None, with_sounds: bool, home: Home) -> bool:
    from dagster_and.orchestration.unchanged import checks_of
    from dagster_and.report.content import Checks
    from dagster_and.report.writing import write_report

    to = to or home.reports / f"{name}.html"
    last, in_warehouse = checks_of(name, home)
    checks = last and Checks(last.checks_passed, last.checks_failed, last.checks_warning, in_warehouse)
    size = write_report(home, name, to, checks, with_sounds=with_sounds)
    console.print(f"{to} ({size / 1e6:.1f} MB)", highlight=False, markup=False)
    return True
