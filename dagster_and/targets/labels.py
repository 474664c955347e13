"""Class labels that a dissection file names for a head."""

import json
from pathlib import Path

from dagster_and.dissection import Dissection
from dagster_and.foundation.errors import UserError
from dagster_and.foundation.files import plain_text
from dagster_and.foundation.texts import whole

Labels = str | tuple[str, ...] | None
"""Names, or a file of them, or nothing."""


def file_of_labels(dissection: Dissection, labels: Labels) -> Path | None:
    """The file that a dissection names them in; relative paths start at its own."""
    return dissection.resolve(labels) if isinstance(labels, str) else None


def names_or_file(dissection: Dissection, labels: Labels) -> Labels:
    """As :func:`class_names` takes them: a file by its absolute path."""
    file = file_of_labels(dissection, labels)
    return str(file) if file else labels


def class_names(labels: Labels, width: int | None = None) -> tuple[str, ...]:
    """The names in their order; empty where none are given.

    Args:
        labels: names, or a file with one name a line or a JSON list.
        width: number of classes of the head, if it is known.

    Raises:
        UserError: the file can't be read, a name is empty or stands twice, or there are not as many as classes.
    """
    if labels is None:
        return ()
    names = _read(Path(labels)) if isinstance(labels, str) else labels
    if not names or not all(names) or len(set(names)) < len(names):
        raise UserError("target.class_labels must be different names, none of them empty: write one for each class.")
    if width is not None and len(names) != width:
        raise UserError(f"target.class_labels names {len(names)} classes, but the head has {width}: write {width}.")
    return names


def _read(path: Path) -> tuple[str, ...]:
    try:
        text = plain_text(path)
        names = json.loads(text) if text.lstrip().startswith("[") else text.splitlines()
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"target.class_labels: {path} can't be read ({error}): write a file with one class a line or a JSON list."
        ) from None
    return tuple(whole(str(name)).strip() for name in names if str(name).strip())
