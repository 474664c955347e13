"""Dissection files that the house writes for people: where they lie, and what they hold."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dagster_and.dissection.dissection import NAME
from dagster_and.dissection.files import dissection_files
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import replacing
from dagster_and.foundation.home import Home


def place_of(name: str, home: Home) -> Path:
    """Where a dissection file of one's own lies, or would lie.

    Raises:
        UserError: no dissection may be called so, or one that comes along is.
    """
    if not re.fullmatch(NAME, name):
        raise UserError(f"A dissection can't be called {name!r}: write small letters, digits, - and _, 63 at most.")
    path = dissection_files(home).get(name, home.dissections / f"{name}.yaml")
    if path.parent != home.dissections:
        raise UserError(f"A dissection called {name} comes along with the house: write another name.")
    return path


def text_of(settings: Mapping[str, Any]) -> str:
    """Settings as the text of a dissection file, in the order given.

    Raises:
        UserError: they hold what YAML has no word for.
    """
    try:
        return yaml.safe_dump(_plain(settings), sort_keys=False, allow_unicode=True)
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())[:120]
        raise UserError(
            f"The settings hold what no dissection file can ({said}): write texts, numbers, lists and dicts."
        ) from None


def keep(path: Path, text: str) -> None:
    """Write a dissection file, whole or not at all, in place of the one that was there."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _plain(setting: Any) -> Any:
    """Paths as texts, tuples as lists, NumPy's numbers as Python's: what people write in notebooks."""
    if isinstance(setting, Mapping):
        return {key: _plain(value) for key, value in setting.items()}
    if isinstance(setting, list | tuple):
        return [_plain(value) for value in setting]
    if isinstance(setting, Path):
        return str(setting)
    return setting.item() if type(setting).__module__ == "numpy" and setting.ndim == 0 else setting
