"""What a notebook shows of things: templates, in which all text is escaped."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_and.explorer.templating import number, share, spoken, whole

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).with_name("templates")


def page(template: str, **told: object) -> str:
    """A template filled in; no script, and nothing is loaded from anywhere."""
    return _environment().get_template(template).render(told)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"number": number, "share": share, "spoken": spoken, "whole": whole}
    return environment
