"""Section ``target`` of a network whose neurons are known."""

from typing import Literal

from dagster_and.dissection.section import Section


class PlantedTarget(Section):
    """A network whose neurons are known functions of sound, to mark the dissection itself; nothing is trained."""

    family: Literal["planted"]

    @property
    def held_out_fold(self) -> None:
        """Its class readouts saw every clip."""
        return
