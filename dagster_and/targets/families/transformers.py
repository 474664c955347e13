"""Family ``transformers``: any audio network of that library, from the hub or a local folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import Dissection, TransformersTarget
from dagster_and.foundation.home import Home
from dagster_and.targets.checkpoints import content_of, files_of
from dagster_and.targets.family import Family, Foreseen
from dagster_and.targets.kept import seen_before
from dagster_and.targets.labels import file_of_labels, names_or_file

if TYPE_CHECKING:
    from dagster_and.targets.target import Target


class TransformersFamily:
    """Classifiers and bare encoders, with safetensors weights."""

    def checkpoint(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
        """The hub id or folder of the file."""
        return _section(dissection).location

    def fingerprint(self, dissection: Dissection, checkpoint: str) -> str:
        """Of a folder its configurations and weights, and of a file of class labels; a hub id has none."""
        return content_of(Path(checkpoint), file_of_labels(dissection, _section(dissection).class_labels))

    def make_ready(self, dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: str) -> dict[str, Any]:
        """Nothing to do: it is trained already."""
        return {}

    def open(self, dissection: Dissection, checkpoint: str, *, weights: bool = True) -> "Target":
        """Open the folder or the hub's revision; without weights the hub's configuration may be fetched."""
        from dagster_and.targets.transformers.opening import open_transformers

        layers, window_s = dissection.activations.layers, dissection.window_s
        section = _section(dissection)
        return open_transformers(
            checkpoint, layers, section.revision, weights=weights, window_s=window_s,
            class_labels=names_or_file(dissection, section.class_labels),
        )  # fmt: skip

    def foresee(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> Foreseen:
        """The network without its weights; of a folder it is kept what was seen."""
        place = _section(dissection).location
        labels = file_of_labels(dissection, _section(dissection).class_labels)
        files = files_of(Path(place), labels) if Path(place).is_dir() else []
        return seen_before(
            dissection, home, files, lambda: Foreseen.as_it_is(self.open(dissection, place, weights=False))
        )


def _section(dissection: Dissection) -> TransformersTarget:
    assert isinstance(dissection.target, TransformersTarget)
    return dissection.target


FAMILY: Family = TransformersFamily()
