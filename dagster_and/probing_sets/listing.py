"""What a layout hands on: the files of a probing set, and those that it can already tell are of no use."""

from dataclasses import dataclass
from pathlib import Path

from dagster_and.method.sound.acoustics import Acoustics


@dataclass(frozen=True)
class SourceFile:
    """One sound file. ``filename`` is relative to the audio folder; ``truth`` is known for the sound bank only.

    ``label`` is the primary class; a set with several labels a clip has the others in ``more_labels``.
    """

    filename: str
    path: Path
    label: str
    fold: int | None = None
    dataset_caption: str | None = None
    truth: Acoustics | None = None
    more_labels: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, the primary one first."""
        return (self.label, *self.more_labels)


@dataclass(frozen=True)
class Unusable:
    """One file that can't be used: a row of ``rejected_clips``."""

    path: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Listing:
    """A probing set before a sound is decoded."""

    files: tuple[SourceFile, ...]
    rejected: tuple[Unusable, ...] = ()


def climbs(name: str) -> bool:
    """Whether a name in a table leaves the folder that it is relative to. Links are people's own, and are followed."""
    return Path(name).is_absolute() or ".." in Path(name).parts


def printable(name: str) -> str:
    """A file name as text that any table can hold: bytes that are no UTF-8 are shown as ``\\udc..``."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
