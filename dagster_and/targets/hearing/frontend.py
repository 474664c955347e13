"""From a waveform to what a network takes.

A frontend splits the work in two. ``features`` is slow, is the same for every network with the same ``key``, and is
cached per clip; ``inputs`` batches, pads and normalises, and says which tokens are sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dagster_and.method.activations.timeline import Timeline

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Inputs:
    """A batch as the network takes it.

    ``arguments`` go to ``forward`` by name. ``sound_tokens`` ("clip token", bool) is true where a token of the blocks'
    output hears at least one unpadded frame; special tokens and padding are false. Layers may read it in their own way
    (:class:`dagster_and.method.activations.pooling.Reading`).
    """

    arguments: dict[str, "torch.Tensor"]
    sound_tokens: "torch.Tensor"


class Frontend(Protocol):
    """What stands between a clip and a network."""

    sample_rate_hz: int
    key: str
    has_cls_token: bool

    @property
    def timeline(self) -> Timeline | None:
        """Which seconds its tokens hear; None where that can't be told."""
        ...

    def features(self, waveform: "torch.Tensor") -> "torch.Tensor":
        """Unpadded features of one clip from its mono waveform ("sample")."""
        ...

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """Pad and normalise a batch."""
        ...
