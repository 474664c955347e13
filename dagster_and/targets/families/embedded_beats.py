"""Family ``embedded_beats``: a small BEATs, taught here by the probing set's sound first and by its labels then."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import Dissection, EmbeddedBeats
from dagster_and.foundation.home import Home
from dagster_and.targets.checkpoints import key_of_made
from dagster_and.targets.family import Family
from dagster_and.targets.training.embedded import TrainedHere, trained_section
from dagster_and.targets.training.layouts import Plain, plain_beats

if TYPE_CHECKING:
    from dagster_and.targets.target import Target

TRAINING_VERSION = 1
"""Raised whenever training would give other weights from the same clips and settings."""


class EmbeddedBeatsFamily(TrainedHere):
    """Trained by ``training.beats``, saved and opened as a BEATs file in the published format."""

    def checkpoint(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
        """A file, beside it that of the backbone."""
        key, section = key_of_made(TRAINING_VERSION, dissection, clips), trained_section(dissection)
        assert isinstance(section, EmbeddedBeats)
        return str(home.checkpoints / f"embedded_beats-{section.training}-{key}.pt")

    def fingerprint(self, dissection: Dissection, checkpoint: str) -> str:
        """Empty: the checkpoint's name says it."""
        return ""

    def open(self, dissection: Dissection, checkpoint: str, *, weights: bool = True) -> "Target":
        """Open the file."""
        from dagster_and.targets.beats.opening import open_beats

        layers, window_s = dissection.activations.layers, dissection.window_s
        return open_beats(checkpoint, layers, weights=weights, window_s=window_s)

    def trainer(self) -> ModuleType:
        """Loaded when it is asked for."""
        from dagster_and.targets.training import beats

        return beats

    def layout(self, section: Any) -> Plain:
        """Of a BEATs in small."""
        return plain_beats(section)

    def called(self, section: Any) -> str:
        """Its kind and how it is taught."""
        return f"a small BEATs ({section.training})"


FAMILY: Family = EmbeddedBeatsFamily()
