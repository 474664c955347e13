"""Families by name: a module each in ``families``, called as the dissection file calls the family.

A module is imported when its family is asked for, and no other is: their libraries are heavy.
"""

import importlib
import pkgutil

from dagster_and.foundation.errors import UserError
from dagster_and.targets import families
from dagster_and.targets.family import Family


def family_names() -> list[str]:
    """The families that there are, in the order of the alphabet."""
    return sorted(module.name for module in pkgutil.iter_modules(families.__path__))


def find_family(name: str) -> Family:
    """The family of that name.

    Raises:
        UserError: there is none; lists those that there are.
    """
    known = family_names()
    if name not in known:
        raise UserError(f"target.family is {name!r}, which is no family of targets: write one of {', '.join(known)}.")
    return importlib.import_module(f"{families.__name__}.{name}").FAMILY
