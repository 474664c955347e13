"""``dissect explore``."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, with_clear_errors
from dagster_and.cli.serving import HOST, require_free
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home

if TYPE_CHECKING:
    from dagster_and.explorer.site import Written

SOUNDS = ("copy", "link", "none")
PORT = 8321
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to serve on.")]
Host = Annotated[
    str,
    typer.Option(
        "--host",
        help="Address of another interface, such as 0.0.0.0 for all. Whoever reaches this machine by it sees every "
        "page and hears every clip: there is no password.",
    ),
]


@app.command("explore", epilog="Examples: dissect explore   |   dissect explore --port 8322   |   "
             "dissect explore --host 0.0.0.0   |   dissect explore --export site --neurons 500")  # fmt: skip
def explore(
    port: Port = PORT,
    host: Host = HOST,
    export: Annotated[
        Path | None, typer.Option(help="Serve nothing: write the pages to this new folder, for any web server or none.")
    ] = None,
    neurons: Annotated[
        int | None,
        typer.Option(min=0, help="Of an export: pages for so many neurons of each dissection, most trusted first."),
    ] = None,
    sounds: Annotated[
        str, typer.Option(help="Of an export: copy what was heard, link the files (for this machine alone), or none.")
    ] = "copy",
    traceback: Traceback = False,
) -> None:
    """Open the neuron explorer on this machine: pages to see and hear every neuron, also while a run goes on."""
    if export is None:
        with_clear_errors(lambda: _explore(port, host, Home.from_environment(), neurons, sounds), traceback)
    else:
        with_clear_errors(lambda: _export(export, neurons, sounds, Home.from_environment()), traceback)


def _export(folder: Path, neurons: int | None, sounds: str, home: Home) -> bool:
    from dagster_and.explorer.site import Site
    from dagster_and.explorer.warehouse import NoWarehouseError, Warehouse
    from dagster_and.foundation.files import new_folder
    from dagster_and.lake.shared import Shared

    if sounds not in SOUNDS:
        raise UserError(f"--sounds is {sounds!r}: write {', '.join(SOUNDS[:-1])} or {SOUNDS[-1]}.")
    if folder.exists() or folder.is_symlink():
        raise UserError(f"{folder} is there already: write the path of a new folder.")
    Shared.of(home).follow([home.warehouse])
    try:
        with Warehouse(home.warehouse).reading() as reader, new_folder(folder) as place:
            written = Site(home, reader, place, neurons, sounds).write()
    except NoWarehouseError as error:
        raise UserError(f"{error} Run `dissect run ast-demo` first.") from None
    except KeyboardInterrupt:
        raise UserError(f"It was stopped, and {folder} was not written: give the command again.") from None
    _tell(written, folder)
    return True


def _tell(written: "Written", folder: Path) -> None:
    console.print(
        f"{written.pages:,} pages and {written.sounds:,} sounds, {written.bytes / 1e6:,.0f} MB. Open "
        f"{folder / 'index.html'}, or put the folder on any web server.", highlight=False, markup=False,
    )  # fmt: skip
    if written.without_sound:
        console.print(
            f"[yellow]{written.without_sound:,} clips have no sound and no picture: their files are gone or have "
            "changed since.[/]", highlight=False,
        )  # fmt: skip


def _explore(port: int, host: str, home: Home, neurons: int | None, sounds: str) -> bool:
    if neurons is not None or sounds != SOUNDS[0]:
        raise UserError("--neurons and --sounds are of an export: write --export FOLDER with them.")
    os.environ.setdefault("TQDM_DISABLE", "1")  # the page says how far it is
    import uvicorn

    from dagster_and.explorer.app import LOOPBACK, create_app

    require_free(port, host, "explore")
    is_local = host in ("127.0.0.1", "localhost", "::1")
    application = create_app(home, LOOPBACK if is_local else ("*",))
    shown = f"[{host}]" if ":" in host else host
    console.print(f"The explorer is on http://{shown}:{port}; Ctrl-C ends it.", highlight=False)
    console.print(f"It shows {home.root}.", highlight=False, markup=False)
    if not is_local:
        console.print(
            "[yellow]Whoever reaches this machine by that address sees every page and hears every clip: there is no "
            "password, and nothing is encrypted.[/]",
            highlight=False,
        )
    sys.stdout.flush()
    uvicorn.run(application, host=host, port=port, log_level="warning", access_log=False, server_header=False)
    return True
