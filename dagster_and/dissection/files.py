"""Dissection files: where they lie, and how one is read."""

import os
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dagster_and.dissection.dissection import COME_ALONG, NAME, Dissection
from dagster_and.dissection.plain_yaml import read_yaml
from dagster_and.dissection.refusals import sentences, shortened
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import plain_text
from dagster_and.foundation.home import Home

LARGEST_FILE = 1_000_000
"""Bytes; YAML is read slowly, and nobody writes so many settings."""
LONGEST_ERROR = 600
"""Characters of what a library says: its place in the file stands at the end."""


def load_file(path: Path) -> Dissection:
    """Read one dissection file.

    Raises:
        UserError: it is called what no dissection can be, can't be read, isn't YAML, or a field is wrong; the sentence
            says what to write instead.
    """
    if not re.fullmatch(NAME, path.stem):
        file = str(path) if str(path).isprintable() else repr(str(path))
        raise UserError(
            f"{file}: no dissection can be called {path.stem!r}: give the file a name of up to 63 lowercase letters, "
            "digits, - and _, with a letter or digit first."
        )
    try:
        text = plain_text(path) if path.stat().st_size <= LARGEST_FILE else None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} can't be read ({error}): write the path of a YAML dissection file.") from None
    if text is None:
        raise UserError(f"{path} is larger than {LARGEST_FILE:,} bytes: write the path of a YAML dissection file.")
    return load_text(text, path)


def load_text(text: str, path: Path) -> Dissection:
    """What a dissection file would say that held this text; nothing has to lie at ``path``.

    Raises:
        UserError: as :func:`load_file`.
    """
    try:
        content = read_yaml(text)
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not YAML: {_one_line(error)}. Mend that line.") from None
    except Exception as error:  # PyYAML lets through what Python says of dates, numbers and depths that can't be
        raise UserError(f"{path} is not YAML: {_one_line(error)}. Mend it.") from None
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise UserError(
            f"{path} must hold sections such as probing, captions and target; copy dissections/ast-demo.yaml."
        )
    if "folder" in content:
        raise UserError(f"{path}: unknown key folder; leave it out: paths start at the folder that the file lies in.")
    name = path.stem
    if content.setdefault("name", name) != name:
        said = shortened(repr(content["name"]))
        raise UserError(f"{path}: name is {said}, but the file is called {name}; make them the same.")
    folder = path.absolute().parent
    _anchor(content.get("probing"), "path", folder)
    if str(_field(content.get("probing"), "dataset")).startswith("."):  # else it may be a hub id
        _anchor(content["probing"], "dataset", folder)
    if str(_field(content.get("target"), "checkpoint")).startswith("."):  # else it may be a hub id
        _anchor(content["target"], "checkpoint", folder)
    try:
        return Dissection(**content, folder=folder)
    except ValidationError as error:
        raise UserError(f"{path}: " + "; ".join(sentences(error.errors())) + ".") from None


def _one_line(error: Exception) -> str:
    return shortened(" ".join(str(error).split()), LONGEST_ERROR) or "it can't be understood"


def _field(section: Any, name: str) -> Any:
    return section.get(name) if isinstance(section, dict) else None


def _anchor(section: Any, name: str, folder: Path) -> None:
    """A relative path of the file starts at the file's own folder, wherever the command is given."""
    path = _field(section, name)
    if isinstance(path, str) and path and not path.startswith(("/", "~", "$")):
        section[name] = os.path.normpath(folder / path)


def dissection_files(home: Home) -> dict[str, Path]:
    """Every dissection file by name: those that come along, then the user's own. A name may stand only once."""
    files: dict[str, Path] = {}
    for folder in (COME_ALONG, home.dissections):
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
            files.setdefault(path.stem, path)
    return files


def load_all(home: Home) -> tuple[dict[str, Dissection], dict[str, str]]:
    """Dissections by name, and for each file that is refused its name and the sentence."""
    good: dict[str, Dissection] = {}
    refused: dict[str, str] = {}
    for name, path in dissection_files(home).items():
        try:
            good[name] = load_file(path)
        except UserError as error:
            refused[name] = str(error)
    return good, refused


def find(name_or_file: str, home: Home) -> Dissection:
    """The dissection of that name, or of that file.

    Raises:
        UserError: there is none, or its file is wrong.
    """
    files = dissection_files(home)
    if name_or_file in files:
        return load_file(files[name_or_file])
    if name_or_file.endswith((".yaml", ".yml")):
        return load_file(Path(name_or_file))
    raise UserError(
        f"There is no dissection {name_or_file!r}: write one of {', '.join(sorted(files))}, or a file's path."
    )
