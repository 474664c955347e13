"""Family ``module``: any ``nn.Module`` that a function of the user's returns."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import Dissection, ModuleTarget
from dagster_and.foundation.home import Home
from dagster_and.targets.checkpoints import content_of
from dagster_and.targets.family import Family, Foreseen
from dagster_and.targets.labels import file_of_labels, names_or_file

if TYPE_CHECKING:
    from dagster_and.targets.target import Target


class ModuleFamily:
    """The function stands for the checkpoint, and is called whenever the network is opened."""

    def checkpoint(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
        """``package.module:function``, or ``/path/file.py:function``."""
        return _factory(dissection)

    def fingerprint(self, dissection: Dissection, checkpoint: str) -> str:
        """Of the function's file, but not of what that imports or reads, and of the file of the classes."""
        file = Path(checkpoint.rpartition(":")[0])
        return content_of(file, file_of_labels(dissection, _section(dissection).class_labels))

    def make_ready(self, dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: str) -> dict[str, Any]:
        """Nothing to do: the function gives it."""
        return {}

    def open(self, dissection: Dissection, checkpoint: str, *, weights: bool = True) -> "Target":
        """Call the function; the weights are what it makes them."""
        from dagster_and.targets.module.opening import open_module

        section = _section(dissection)
        layers = dissection.activations.layers or section.layers
        labels = names_or_file(dissection, section.class_labels)
        return open_module(section, checkpoint, layers, labels, window_s=dissection.window_s)

    def foresee(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> Foreseen:
        """The network as the function gives it; what that imports can't be seen, so it is called each time."""
        return Foreseen.as_it_is(self.open(dissection, _factory(dissection)))


def _section(dissection: Dissection) -> ModuleTarget:
    assert isinstance(dissection.target, ModuleTarget)
    return dissection.target


def _factory(dissection: Dissection) -> str:
    factory = _section(dissection).factory
    where, _, function = factory.rpartition(":")
    return f"{dissection.resolve(where)}:{function}" if where.endswith(".py") else factory


FAMILY: Family = ModuleFamily()
