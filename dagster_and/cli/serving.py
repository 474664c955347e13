"""``dissect ui``."""

import os
import socket
import sys
from typing import Annotated

import typer

from dagster_and.cli.app import Traceback, app, console, with_clear_errors
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import REPOSITORY, Home

HOST = "127.0.0.1"
PORT = 3000
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to serve on.")]


@app.command("ui", epilog="Examples: dissect ui   |   dissect ui --port 3001")
def serve(port: Port = PORT, traceback: Traceback = False) -> None:
    """Open the Dagster UI on this machine: the graph, the checks, the figures, and buttons to run things."""
    with_clear_errors(lambda: _serve(port, Home.from_environment()), traceback)


def _serve(port: int, home: Home) -> bool:
    from dagster_and.orchestration.running import open_instance, prepare_environment
    from dagster_and.preflight.checking import check_lake
    from dagster_and.warehouse.building import manifest

    require_free(port)
    check_lake(home)
    prepare_environment(home)
    with open_instance(home):  # opened and parsed here, so that what is wrong is said before anything is served
        manifest(home)
    console.print(f"Dagster's UI comes up on http://{HOST}:{port} in about half a minute; Ctrl-C ends it.")
    console.print(f"It shows {home.root}.", highlight=False, markup=False)
    sys.stdout.flush()
    # in place of this process, so that Ctrl-C and signals reach Dagster itself, which ends its children
    os.execv(sys.executable, command(port))


def command(port: int) -> list[str]:
    """Webserver and daemon on the one code location; paths are absolute, so that any folder will do."""
    workspace = str(REPOSITORY / "workspace.yaml")
    served = ["--host", HOST, "--port", str(port), "--workspace", workspace, "--log-level", "warning"]
    quiet = ["-W", "ignore:Function `dev_command`"]  # it recommends `dg dev`, which knows no AND_HOME
    return [sys.executable, *quiet, "-m", "dagster", "dev", *served]


def require_free(port: int, host: str = HOST, command: str = "ui") -> None:
    """Refuse a port that can't be listened on.

    Args:
        port: to listen on.
        host: of which interface.
        command: of ``dissect``, that the port is for.

    Raises:
        UserError: names the next port that can; or the interface is none of this machine's.
    """
    obstacle = _obstacle(port, host)
    if obstacle:
        others = range(port + 1, min(port + 100, 65536))
        free = next((other for other in others if not _obstacle(other, host)), None)
        if free is None and _obstacle(0, host):
            raise UserError(
                f"{host} can't be served on ({obstacle}): write an address of this machine, or leave it out."
            )
        raise UserError(
            f"Port {port} of {host} can't be served on ({obstacle}): end what listens there, or write another one, "
            f"as in `dissect {command} --port {free or PORT}`."
        )


def _obstacle(port: int, host: str) -> str | None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was left a moment ago is free
        try:
            listener.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return None
