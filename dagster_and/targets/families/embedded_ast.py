"""Family ``embedded_ast``: a small AST, trained here on the probing set, with the labels from the first step."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import Dissection, EmbeddedAst
from dagster_and.foundation.home import Home
from dagster_and.targets.checkpoints import key_of_made
from dagster_and.targets.family import Family, Foreseen

if TYPE_CHECKING:
    from dagster_and.targets.target import Target

TRAINING_VERSION = 2
"""Raised whenever training would give other weights from the same clips and settings."""


class EmbeddedAstFamily:
    """Trained by ``training.ast``, saved and opened as a transformers folder."""

    def checkpoint(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
        """A folder."""
        return str(home.checkpoints / f"embedded_ast-{key_of_made(TRAINING_VERSION, dissection, clips)}")

    def fingerprint(self, dissection: Dissection, checkpoint: str) -> str:
        """Empty: the name says it."""
        return ""

    def make_ready(self, dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: str) -> dict[str, Any]:
        """Train it."""
        from dagster_and.targets.training.ast import train

        return train(clips, _section(dissection), dissection.window_s, home.cache / "features", Path(checkpoint))

    def open(self, dissection: Dissection, checkpoint: str, *, weights: bool = True) -> "Target":
        """Open the folder."""
        from dagster_and.targets.transformers.opening import open_transformers

        layers, window_s = dissection.activations.layers, dissection.window_s
        return open_transformers(checkpoint, layers, weights=weights, window_s=window_s)

    def foresee(self, dissection: Dissection, clips: pl.DataFrame) -> Foreseen:
        """The untrained network, and what it will be trained on."""
        from dagster_and.targets.training.ast import untrained_target
        from dagster_and.targets.training.folds import split, split_in_words

        section = _section(dissection)
        taught, held_out = split(clips, section)
        labels, layers = sorted(taught["label"].unique()), dissection.activations.layers
        target = untrained_target(section, labels, layers, dissection.window_s)
        return Foreseen(target, f"a small AST, {split_in_words(taught, held_out, section)}")


def _section(dissection: Dissection) -> EmbeddedAst:
    assert isinstance(dissection.target, EmbeddedAst)
    return dissection.target


FAMILY: Family = EmbeddedAstFamily()
