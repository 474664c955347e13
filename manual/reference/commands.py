"""Page: every command of ``dissect`` with its options and examples, from the commands themselves."""

from collections.abc import Iterable, Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from dagster_and.cli import app
from manual.reference.rows import table

OPENING = """# Commands

Made from the code: what `dissect COMMAND --help` says. Every command ends with exit code 0 where all is well, 1 where
something is refused or failed, 130 where it was stopped. A refusal is one sentence; `--traceback` shows where it came
from.
"""


def commands() -> dict[str, Any]:
    """Every command by its name, in the order of ``dissect --help``."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return dict(group.commands)


def commands_page() -> str:
    """The whole page."""
    return "\n".join([OPENING, *(_described(name, command) for name, command in commands().items())])


def _described(name: str, command: Any) -> str:
    usage = " ".join(["dissect", name, *(_place(parameter) for parameter in command.params if _is_argument(parameter))])
    rows = table(["argument or option", "what it does", "default"], map(_row, command.params)) if command.params else ""
    words = " ".join(command.help.split())
    examples = "\n".join(examples_of(command))
    return f"## `dissect {name}`\n\n{words}\n\n```\n{usage}\n```\n\n{rows}\n\nExamples:\n\n```\n{examples}\n```\n"


def examples_of(command: Any) -> Iterator[str]:
    """The example commands that its --help ends with."""
    yield from (" ".join(one.split()) for one in command.epilog.partition(":")[2].split("   |   "))


def _is_argument(parameter: Any) -> bool:
    return parameter.param_type_name == "argument"


def _place(parameter: Any) -> str:
    name = parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _row(parameter: Any) -> tuple[str, str, str]:
    name = parameter.name.upper() if _is_argument(parameter) else ", ".join(_spellings(parameter))
    default = "must be given" if parameter.required else _written(parameter.default)
    return name, " ".join((parameter.help or "").split()), default


def _spellings(parameter: Any) -> Iterable[str]:
    kind = "" if parameter.is_flag else f" {parameter.name.upper()}"
    return [f"{spelling}{kind}" for spelling in parameter.opts] + list(parameter.secondary_opts)


def _written(default: Any) -> str:
    if default is None or default is False or callable(default):
        return ""
    if isinstance(default, (list, tuple)):
        return ", ".join(map(str, default))
    return str(getattr(default, "value", default))
