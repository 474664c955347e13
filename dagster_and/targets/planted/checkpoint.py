"""The folder of a planted network: its weights, and the names of its classes."""

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster_and.targets.planted.network import PlantedNetwork

CONFIG, WEIGHTS = "planted.json", "model.safetensors"


def save_planted(network: "PlantedNetwork", folder: Path) -> None:
    """Write weights and class names, the folder complete or not at all."""
    from safetensors.torch import save_file

    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    temporary.mkdir(parents=True)
    save_file(network.state_dict(), temporary / WEIGHTS)
    (temporary / CONFIG).write_text(json.dumps({"classes": network.plan.classes}))
    temporary.replace(folder)


def is_planted(folder: Path) -> bool:
    """Whether a folder holds a planted network."""
    return (folder / CONFIG).is_file()


def load_planted(folder: Path) -> "PlantedNetwork":
    """The network of a folder, in eval mode."""
    from safetensors.torch import load_file

    from dagster_and.targets.planted.network import PlantedNetwork

    network = PlantedNetwork(json.loads((folder / CONFIG).read_text())["classes"])
    network.load_state_dict(load_file(folder / WEIGHTS))
    return network.eval()
