"""The templates, with the few words that all of them use: how numbers and names are written.

Whoever renders one hands it ``at(page, asked, **parts)``: where a page lies, with what is asked of it, or None where it
is not to be had; and ``copy``: None on a server, else what a copy of the site holds.
"""

import bisect
import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).with_name("templates")
NOTHING = "–"
HEAT = (0.6, 0.7, 0.8, 0.9, 0.96)
"""Trusts from which the map is a step darker: most of what holds lies near the end."""


def environment(*folders: Path) -> "Environment":
    """Templates of these folders, then the explorer's; what they write is escaped, unless it is a template's own."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([*folders, FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number, "signed": signed, "share": share, "whole": whole, "spoken": spoken, "heat": heat,
    }  # fmt: skip
    return environment


def number(value: float | None, digits: int = 2) -> str:
    """With so many digits behind the point; a dash where there is none."""
    if value is None or math.isnan(value):
        return NOTHING
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # of -0.0 it makes 0.0


def signed(value: float | None, digits: int = 2) -> str:
    """A difference, with its sign."""
    text = number(value, digits)
    return text if text == NOTHING or text.startswith("−") else f"+{text}"


def share(value: float | None) -> str:
    """As per cent."""
    return NOTHING if value is None or math.isnan(value) else f"{100 * value:.0f}\u00a0%"


def whole(value: float | None) -> str:
    """A count, its thousands set apart."""
    return NOTHING if value is None or math.isnan(value) else f"{value:,.0f}"


def spoken(name: object) -> str:
    """A name of a table or of a network in words."""
    return str(name).replace("_", " ")


def heat(trust: float | None) -> int:
    """Step of a trust on the map, 0 (near chance, or none) to 5."""
    return 0 if trust is None or math.isnan(trust) else bisect.bisect_right(HEAT, trust)
