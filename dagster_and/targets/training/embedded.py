"""What the families have in common whose network is trained here: its training, and what is known before it."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from dagster_and.dissection import Dissection, EmbeddedAst, EmbeddedBeats
from dagster_and.foundation.home import Home
from dagster_and.targets.family import Foreseen


class TrainedHere(ABC):
    """A family says by which module of ``training`` it is trained, and what its networks are called."""

    @abstractmethod
    def trainer(self) -> ModuleType:
        """The module with ``train`` and ``untrained_target``; loads torch."""
        ...

    @abstractmethod
    def called(self, section: Any) -> str:
        """The network of a section ``target`` in words."""
        ...

    def make_ready(self, dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: str) -> dict[str, Any]:
        """Train it, on the dissection's device."""
        from dagster_and.devices.choosing import placement_of

        section, cache, placement = (
            trained_section(dissection),
            home.cache / "features",
            placement_of(dissection.compute),
        )
        return self.trainer().train(clips, section, dissection.window_s, cache, Path(checkpoint), placement)

    def foresee(self, dissection: Dissection, clips: pl.DataFrame) -> Foreseen:
        """The untrained network, and what it will be trained on."""
        from dagster_and.targets.training.folds import split, split_in_words

        section = trained_section(dissection)
        taught, held_out = split(clips, section)
        labels, layers = sorted(taught["label"].unique()), dissection.activations.layers
        target = self.trainer().untrained_target(section, labels, layers, dissection.window_s)
        return Foreseen(target, f"{self.called(section)}, {split_in_words(taught, held_out, section)}")


def trained_section(dissection: Dissection) -> EmbeddedAst | EmbeddedBeats:
    """The section ``target``, of a family whose network is trained here."""
    assert isinstance(dissection.target, EmbeddedAst | EmbeddedBeats)
    return dissection.target
