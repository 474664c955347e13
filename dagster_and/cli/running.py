"""``dissect run``."""

import gc
import math
import signal
from typing import Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, dissection_names, with_clear_errors
from dagster_and.cli.caching import tell
from dagster_and.dissection import dissection_files, find
from dagster_and.foundation.cache import GB, LIMIT, keep_to, limit_bytes
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home


@app.command("run", epilog="Examples: dissect run ast-demo   |   dissect run ast-demo ast-esc10")
def run_dissections(
    names: Annotated[
        list[str], typer.Argument(help="Names of dissections, see `dissect list`.", autocompletion=dissection_names)
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many calls and tokens the models asked will take.")
    ] = False,
    traceback: Traceback = False,
) -> None:
    """Materialise every asset, build the warehouse, run every check, and give a short account."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop is Ctrl-C: what is finished is kept
    work = _forecast if dry_run else lambda names, home: _run(names, home, traceback)
    with_clear_errors(lambda: work(names, Home.from_environment()), traceback)


def _forecast(names: list[str], home: Home) -> bool:
    from dagster_and.cli import account
    from dagster_and.preflight.batches import told_of_batches
    from dagster_and.preflight.checking import check
    from dagster_and.preflight.forecast import forecast

    for name in dict.fromkeys(names):
        dissection = find(name, home)
        lines = check(dissection, home)
        console.print(f"[bold]{dissection.name}[/]\n  " + "\n  ".join(lines), highlight=False)
        foreseen = forecast(dissection, home)
        account.give_forecast(foreseen, console)
        for line in told_of_batches(foreseen, dissection.name, home):
            console.print(f"  {line}", highlight=False, markup=False)
    return True


def _run(names: list[str], home: Home, traceback: bool) -> bool:
    from dagster_and.preflight.checking import check, check_lake

    unknown = [name for name in names if name not in dissection_files(home)]
    for name in unknown:
        find(name, home)  # raises for a name that isn't there
        raise UserError(f"{name} is a file: copy it to {home.dissections}/ and run it by its name.")
    limit = limit_bytes()
    check_lake(home)
    for name in dict.fromkeys(names):
        check(find(name, home), home)

    from dagster_and.cli import account
    from dagster_and.orchestration.running import run, stopwatch
    from dagster_and.under_way import began

    with stopwatch() as seconds:
        outcomes = run(list(dict.fromkeys(names)), home, console, traceback=traceback)
    account.give(names, outcomes, home, console)
    if limit is not None and (removed := keep_to(home.cache, limit, began(home) or math.inf)):
        tell(removed, f"from the cache, since {LIMIT} is {limit / GB:g}")
    console.print(f"Took {seconds[0]:.0f} s.", highlight=False)
    gc.freeze()  # or the interpreter looks through all of it for garbage before it ends, for seconds
    return all(outcome.is_good for outcome in outcomes.values())
