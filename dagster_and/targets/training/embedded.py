"""What the families have in common whose network is trained here: its training, and what is known before it."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from dagster_and.dissection import Dissection, EmbeddedAst, EmbeddedBeats
from dagster_and.foundation.home import Home
from dagster_and.lake.shared import Shared
from dagster_and.targets.family import Foreseen
from dagster_and.targets.training.layouts import Plain


class TrainedHere(ABC):
    """A family says by which module of ``training`` it is trained, and what its networks are called."""

    @abstractmethod
    def trainer(self) -> ModuleType:
        """The module with ``train``; loads torch."""
        ...

    @abstractmethod
    def called(self, section: Any) -> str:
        """The network of a section ``target`` in words."""
        ...

    @abstractmethod
    def layout(self, section: Any) -> Plain:
        """Its network before training, without its classes."""
        ...

    def make_ready(self, dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: str) -> dict[str, Any]:
        """Train it, on the dissection's device."""
        from dagster_and.devices.choosing import placement_of

        section, cache = trained_section(dissection), home.cache / "features"
        placement, shared = placement_of(dissection.compute), Shared.of(home)
        return self.trainer().train(clips, section, dissection.window_s, cache, Path(checkpoint), placement, shared)

    def foresee(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> Foreseen:
        """The untrained network as its settings describe it, and what it will be trained on; no network is built."""
        from dagster_and.targets.training.folds import split, split_in_words

        section = trained_section(dissection)
        taught, held_out = split(clips, section)
        labels, plain = tuple(sorted(taught["label"].unique())), self.layout(section)
        layers = plain.layers(len(labels), dissection.activations.layers)
        free = dict.fromkeys(layer.name for layer in layers)  # all of them are linear
        return Foreseen(
            section.family, plain.network, layers, labels, plain.has_cls_token, free,
            f"{self.called(section)}, {split_in_words(taught, held_out, section)}",
        )  # fmt: skip


def trained_section(dissection: Dissection) -> EmbeddedAst | EmbeddedBeats:
    """The section ``target``, of a family whose network is trained here."""
    assert isinstance(dissection.target, EmbeddedAst | EmbeddedBeats)
    return dissection.target
