"""What was foreseen of a checkpoint, kept: to build its network takes libraries that load for seconds."""

import importlib.metadata
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dagster_and.dissection import Dissection
from dagster_and.foundation.files import replacing
from dagster_and.foundation.home import Home
from dagster_and.foundation.keys import digest
from dagster_and.method.activations.reading import Reading
from dagster_and.targets.family import Foreseen
from dagster_and.targets.layers import Layer

LIBRARIES = ("torch", "transformers")


def seen_before(dissection: Dissection, home: Home, files: list[Path], look: Callable[[], Foreseen]) -> Foreseen:
    """What ``look`` saw when nothing that it looks at was different; else it looks, and that is kept in the cache.

    Args:
        dissection: its section ``target``, its layers and its window count.
        home: its cache may be deleted at any time.
        files: the checkpoint's, by name, size and time of change; with none it is looked at each time, since what a
            name on a hub means may change.
        look: opens the network without weights.

    Raises:
        UserError: as ``look``; what is wrong is not kept.
    """
    if not files:
        return look()
    place = home.cache / "foreseen" / f"{_key(dissection, files)}.json"
    try:
        return _read(json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        seen = look()
    with suppress(OSError), replacing(place) as temporary:  # where nothing can be kept, it is looked at each time
        temporary.write_text(json.dumps(asdict(seen)), encoding="utf-8")
    return seen


def _key(dissection: Dissection, files: list[Path]) -> str:
    """Of the file's settings, the checkpoint's files, the libraries' versions and the code of this package."""
    states = [(str(path), status.st_size, status.st_mtime_ns) for path in files for status in [path.stat()]]
    code = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.rglob("*.py"))]
    versions = [importlib.metadata.version(name) for name in LIBRARIES]
    asked = dissection.target.model_dump(mode="json"), dissection.activations.layers, dissection.window_s
    return digest(asked, states, versions, code)


def _read(told: dict[str, Any]) -> Foreseen:
    layers = tuple(Layer(**layer | {"reading": Reading(**layer["reading"])}) for layer in told["layers"])
    return Foreseen(**told | {"layers": layers, "class_labels": tuple(told["class_labels"])})
