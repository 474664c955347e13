"""Family ``planted``: a network whose neurons are known functions of sound, to mark the dissection itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import Dissection
from dagster_and.foundation.home import Home
from dagster_and.targets.checkpoints import key_of_made
from dagster_and.targets.family import Family, Foreseen
from dagster_and.targets.planted.plan import MODULES, Plan
from dagster_and.targets.planted.planting import PLANTED_VERSION, plant_on

if TYPE_CHECKING:
    from dagster_and.targets.target import Target


class PlantedFamily:
    """Planted on the probing set in closed form. Its layers are given, whatever the dissection names."""

    def checkpoint(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
        """A folder."""
        return str(home.checkpoints / f"planted-{key_of_made(PLANTED_VERSION, dissection, clips)}")

    def fingerprint(self, dissection: Dissection, checkpoint: str) -> str:
        """Empty: the name says it."""
        return ""

    def make_ready(self, dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: str) -> dict[str, Any]:
        """Plant it; it has no accuracy, since its readouts saw every clip."""
        plant_on(clips, Path(checkpoint))
        return {}

    def open(self, dissection: Dissection, checkpoint: str, *, weights: bool = True) -> "Target":
        """Open the folder, always with its few weights."""
        from dagster_and.targets.planted.opening import open_planted

        return open_planted(checkpoint)

    def foresee(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> Foreseen:
        """The network over the classes of the clips as it is planned; none is built."""
        plan = Plan(tuple(sorted(clips["label"].unique())))
        layers = plan.layers()
        fixed = {layer.name: MODULES.get(layer.name) for layer in layers}
        obstacles = {name: module and f"is a {module}" for name, module in fixed.items()}
        return Foreseen(
            dissection.target.family, "PlantedNetwork", layers, plan.classes, False, obstacles,
            "neurons that are known functions of sound",
        )  # fmt: skip


FAMILY: Family = PlantedFamily()
