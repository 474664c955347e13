"""Family ``embedded_ast``: a small AST, trained here on the probing set, with the labels from the first step."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import Dissection
from dagster_and.foundation.home import Home
from dagster_and.targets.checkpoints import key_of_made
from dagster_and.targets.family import Family
from dagster_and.targets.training.embedded import TrainedHere
from dagster_and.targets.training.layouts import Plain, plain_ast

if TYPE_CHECKING:
    from dagster_and.targets.target import Target

TRAINING_VERSION = 2
"""Raised whenever training would give other weights from the same clips and settings."""


class EmbeddedAstFamily(TrainedHere):
    """Trained by ``training.ast``, saved and opened as a transformers folder."""

    def checkpoint(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
        """A folder."""
        return str(home.checkpoints / f"embedded_ast-{key_of_made(TRAINING_VERSION, dissection, clips)}")

    def fingerprint(self, dissection: Dissection, checkpoint: str) -> str:
        """Empty: the checkpoint's name says it."""
        return ""

    def open(self, dissection: Dissection, checkpoint: str, *, weights: bool = True) -> "Target":
        """Open the folder."""
        from dagster_and.targets.transformers.opening import open_transformers

        layers, window_s = dissection.activations.layers, dissection.window_s
        return open_transformers(checkpoint, layers, weights=weights, window_s=window_s)

    def trainer(self) -> ModuleType:
        """Loaded when it is asked for."""
        from dagster_and.targets.training import ast

        return ast

    def layout(self, section: Any) -> Plain:
        """Of transformers' AST."""
        return plain_ast(section)

    def called(self, section: Any) -> str:
        """Its kind."""
        return "a small AST"


FAMILY: Family = EmbeddedAstFamily()
