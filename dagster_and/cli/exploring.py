"""``dissect explore``."""

import os
import sys
from typing import Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, with_clear_errors
from dagster_and.cli.serving import HOST, require_free
from dagster_and.foundation.home import Home

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
             "dissect explore --host 0.0.0.0")  # fmt: skip
def explore(port: Port = PORT, host: Host = HOST, traceback: Traceback = False) -> None:
    """Open the neuron explorer on this machine: pages to see and hear every neuron, also while a run goes on."""
    with_clear_errors(lambda: _explore(port, host, Home.from_environment()), traceback)


def _explore(port: int, host: str, home: Home) -> bool:
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
