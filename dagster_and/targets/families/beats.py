"""Family ``beats``: a BEATs checkpoint in the published format."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dagster_and.dissection import BeatsTarget, Dissection
from dagster_and.foundation.home import Home
from dagster_and.targets.checkpoints import content_of, files_of
from dagster_and.targets.family import Family, Foreseen
from dagster_and.targets.kept import seen_before
from dagster_and.targets.labels import file_of_labels, names_or_file

if TYPE_CHECKING:
    from dagster_and.targets.target import Target


class BeatsFamily:
    """A file with the weights, and perhaps one with the classes."""

    def checkpoint(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> str:
        """The file."""
        return _file(dissection)

    def fingerprint(self, dissection: Dissection, checkpoint: str) -> str:
        """Of the file and that of the classes."""
        return content_of(Path(checkpoint), file_of_labels(dissection, _section(dissection).class_labels))

    def make_ready(self, dissection: Dissection, clips: pl.DataFrame, home: Home, checkpoint: str) -> dict[str, Any]:
        """Nothing to do: it is trained already."""
        return {}

    def open(self, dissection: Dissection, checkpoint: str, *, weights: bool = True) -> "Target":
        """Open the file."""
        from dagster_and.targets.beats.opening import open_beats

        layers, window_s = dissection.activations.layers, dissection.window_s
        labels = names_or_file(dissection, _section(dissection).class_labels)
        return open_beats(checkpoint, layers, weights=weights, window_s=window_s, class_labels=labels)

    def foresee(self, dissection: Dissection, clips: pl.DataFrame, home: Home) -> Foreseen:
        """The network without its weights, as it was seen when the file was last looked at."""
        place, labels = _file(dissection), file_of_labels(dissection, _section(dissection).class_labels)
        files = files_of(Path(place), labels) if Path(place).is_file() else []
        return seen_before(
            dissection, home, files, lambda: Foreseen.as_it_is(self.open(dissection, place, weights=False))
        )


def _section(dissection: Dissection) -> BeatsTarget:
    assert isinstance(dissection.target, BeatsTarget)
    return dissection.target


def _file(dissection: Dissection) -> str:
    return str(dissection.resolve(_section(dissection).checkpoint))


FAMILY: Family = BeatsFamily()
