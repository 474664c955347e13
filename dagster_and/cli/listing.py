"""``dissect list``."""

from rich.markup import escape

from dagster_and.cli.app import app, console, with_clear_errors
from dagster_and.dissection import dissection_files, load_all
from dagster_and.foundation.home import Home


@app.command("list", epilog="Example: dissect list")
def list_dissections() -> None:
    """List the dissections: those that come along, and yours in $AND_HOME/dissections."""
    with_clear_errors(lambda: _listed(Home.from_environment()), traceback=False)


def _listed(home: Home) -> bool:
    good, refused = load_all(home)
    for name in sorted(dissection_files(home)):
        text = escape(good[name].description) if name in good else f"[red]refused: {escape(refused[name])}[/]"
        called = name if name.isprintable() else repr(name)
        console.print(f"{escape(called):<20} {text}", highlight=False)
    return True
