"""What all subcommands share."""

import io
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from dagster_and.dissection import dissection_files
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.home import Home
from dagster_and.foundation.obstacles import obstacle
from dagster_and.foundation.texts import printable

app = typer.Typer(
    help="Dissect acoustic networks: every neuron described, with evidence, in SQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
Traceback = Annotated[bool, typer.Option("--traceback", help="Show the stack trace of an error.")]


class Prompt(Console):
    """A terminal that no name, caption or answer steers: what they hold is shown."""

    def render_str(self, text: str, **how: Any) -> Text:
        """As rich does, of a text whose every character can be seen."""
        return super().render_str(printable(text), **how)


console = Prompt(file=sys.stdout, soft_wrap=True)
errors = Prompt(stderr=True, soft_wrap=True)


def dissection_names(incomplete: str) -> list[str]:
    """For the shell, when it completes: names of dissections that begin so."""
    try:
        return [name for name in sorted(dissection_files(Home.from_environment())) if name.startswith(incomplete)]
    except UserError:  # it is said when the command is given
        return []


def with_clear_errors(work: Callable[[], bool], traceback: bool) -> None:
    """Run ``work``; exit 1 where it returns False, and with one clear sentence where it raises a UserError or finds a
    disk, folder or database that can't be used.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal has no letters for is shown all the same
    try:
        good = work()
    except Exception as error:
        sentence = str(error) if isinstance(error, UserError) else obstacle(error)
        if traceback or sentence is None:
            raise
        errors.print(f"[red]error:[/] {escape(sentence)}", highlight=False)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        errors.print("Stopped; what was finished is kept. The same command goes on from there.")
        raise typer.Exit(130) from None
    if not good:
        raise typer.Exit(1)
