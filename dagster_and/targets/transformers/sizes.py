"""What a folder's configuration asks for, held against the weights beside it before a network of that size is built."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster_and.foundation.errors import UserError

COUNTED = re.compile(r"layers$|^depths$|blocks$")
"""Keys of a configuration that say how many parts a network has, each with weights of its own."""
SPARE = 1_000_000
"""Numbers that a network may have beside twice those of its file: some masks of its training are not kept."""
Shapes = Mapping[str, tuple[int, ...]]


def shapes_in(folder: Path) -> dict[str, tuple[int, ...]]:
    """Shape of every weight in the safetensors files of a folder; of these files only the heads are read.

    Raises:
        SafetensorError: one is broken.
    """
    from safetensors import safe_open

    shapes: dict[str, tuple[int, ...]] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            shapes |= {name: tuple(file.get_slice(name).get_shape()) for name in list(file.keys())}
    return shapes


def refuse_more_parts(folder: Path, shapes: Shapes) -> None:
    """Refuse a ``config.json`` with more layers than there are weights, or more classes than any weight is long: they
    would be built first, and take all memory. One that is no JSON is left to who reads it.

    Raises:
        UserError: names the key; or it is JSON of another kind.
    """
    try:
        said = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    if not isinstance(said, dict):
        raise UserError(f"target.checkpoint {folder}: its config.json is no JSON object: save it with save_pretrained.")
    longest = max((max(shape, default=1) for shape in shapes.values()), default=0)
    for key, number in _numbers(said):
        most = longest if key == "num_labels" else len(shapes) if COUNTED.search(key) else math.inf
        if number > most:
            raise UserError(
                f"target.checkpoint {folder}: its config.json says {key}: {number}, but its weights are {len(shapes)}, "
                f"none longer than {longest}: write the folder of one network, with its own config.json."
            )


def refuse_more_weights(folder: Path, shapes: Shapes, model: Any) -> None:
    """Refuse a network of over twice the numbers that its weights have: half of it would be drawn at random.

    Raises:
        UserError: says both.
    """
    there = sum(math.prod(shape) for shape in shapes.values())
    wanted = sum(parameter.numel() for parameter in model.parameters())
    if wanted > 2 * there + SPARE:
        raise UserError(
            f"target.checkpoint {folder}: its config.json describes a network of {wanted:,} numbers, but its weights "
            f"hold {there:,}: write the folder of one network, with its own config.json."
        )


def _numbers(said: Any, key: str = "") -> Iterator[tuple[str, int]]:
    """Whole numbers of JSON at any depth, with the key that they, or their list, stand under."""
    if isinstance(said, dict):
        for name, value in said.items():
            yield from _numbers(value, name)
    elif isinstance(said, list):
        for value in said:
            yield from _numbers(value, key)
    elif isinstance(said, int):
        yield key, said
