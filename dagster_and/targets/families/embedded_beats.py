"""Family ``embedded_beats``: a small BEATs, taught here by the probing set's sound first and by its labels then."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import Dissection, EmbeddedBeats
from dagster_and.foundation.home import Home
from dagster_and.targets.checkpoints import key_of_made
from dagster_and.targets.family import Family, Foreseen

if TYPE_CHECKING:
    from dagster_and.targets.target import Target

TRAINING_VERSION = 1
"""Raised whenever training would give other weights from the same clips and settings."""


class EmbeddedBeatsFamily:
    """Trained by ``training.beats``, saved and opened as a BEATs file in the published format."""

    def checkpoint(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
        """A file, beside it that of the backbone."""
        key = key_of_made(TRAINING_VERSION, dissection, clips)
        return str(home.checkpoints / f"embedded_beats-{_section(dissection).training}-{key}.pt")

    def fingerprint(self, dissection: Dissection, checkpoint: str) -> str:
        """Empty: the name says it."""
        return ""

    def make_ready(self, dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: str) -> dict[str, Any]:
        """Train it."""
        from dagster_and.targets.training.beats import train

        return train(clips, _section(dissection), dissection.window_s, home.cache / "features", Path(checkpoint))

    def open(self, dissection: Dissection, checkpoint: str, *, weights: bool = True) -> "Target":
        """Open the file."""
        from dagster_and.targets.beats.opening import open_beats

        layers, window_s = dissection.activations.layers, dissection.window_s
        return open_beats(checkpoint, layers, weights=weights, window_s=window_s)

    def foresee(self, dissection: Dissection, clips: pl.DataFrame) -> Foreseen:
        """The untrained network, and what it will be trained on."""
        from dagster_and.targets.training.beats import untrained_target
        from dagster_and.targets.training.folds import split, split_in_words

        section = _section(dissection)
        taught, held_out = split(clips, section)
        labels, layers = sorted(taught["label"].unique()), dissection.activations.layers
        target = untrained_target(section, labels, layers, dissection.window_s)
        return Foreseen(target, f"a small BEATs ({section.training}), {split_in_words(taught, held_out, section)}")


def _section(dissection: Dissection) -> EmbeddedBeats:
    assert isinstance(dissection.target, EmbeddedBeats)
    return dissection.target


FAMILY: Family = EmbeddedBeatsFamily()
