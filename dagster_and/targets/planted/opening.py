"""A planted network as a target."""

from pathlib import Path

from dagster_and.targets.planted.checkpoint import load_planted
from dagster_and.targets.planted.frontend import PlantedFrontend
from dagster_and.targets.planted.network import PlantedNetwork
from dagster_and.targets.target import Target

NAME = "planted"


def open_planted(checkpoint: str) -> Target:
    """The planted network of a folder, ready to be dissected."""
    return as_target(load_planted(Path(checkpoint)), checkpoint)


def as_target(network: PlantedNetwork, checkpoint: str = "") -> Target:
    """A planted network as a target."""
    return Target(NAME, checkpoint, network, PlantedFrontend(), network.plan.layers(), network.plan.classes)
