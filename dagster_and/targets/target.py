"""The network under dissection, opened: whatever its family, layers grouped in blocks, and a frontend that feeds it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_and.targets.cutting.resuming import logits_of
from dagster_and.targets.hearing.frontends import Frontend
from dagster_and.targets.layers import HEAD, Layer

if TYPE_CHECKING:
    import torch

    from dagster_and.dissection import Dissection


@dataclass(frozen=True)
class Target:
    """A network ready to be dissected. ``class_labels`` are the head's classes in the order of its neurons.

    A network that gives features only has no head and no class labels.
    """

    name: str
    checkpoint: str
    model: Any
    frontend: Frontend
    layers: tuple[Layer, ...]
    class_labels: tuple[str, ...]

    @property
    def neurons(self) -> int:
        """Number of dissected neurons."""
        return sum(layer.width for layer in self.layers)

    @property
    def head(self) -> Layer | None:
        """The layer whose neurons stand for classes."""
        return self.layers[-1] if self.layers[-1].sublayer == HEAD else None

    @property
    def blocks(self) -> int:
        """Number of blocks; the head's block index."""
        return self.layers[-1].block_index + (self.head is None)

    def logits(self, arguments: dict[str, "torch.Tensor"]) -> "torch.Tensor":
        """What the head says, "clip class", of a batch as the frontend makes it."""
        return logits_of(self.model(**arguments))


def open_target(
    checkpoint: str, requested_layers: Sequence[Sequence[str]] | None = None, revision: str | None = None,
    *, weights: bool = True, window_s: float | None = None,
) -> Target:  # fmt: skip
    """Load a network from a BEATs file, a local transformers folder or the hub, in eval mode, float32, on the CPU.

    Args:
        checkpoint: hub id, folder with config.json, preprocessor_config.json and safetensors weights, or BEATs file.
        requested_layers: module names block by block; None for the known ones.
        revision: of the hub.
        weights: False builds the network without its weights (on the meta device), to look at its layers only.
        window_s: what the network hears of a clip, in seconds; waveforms are padded to it, so that a clip's activations
            never depend on its batch, even where a network hears its padding. None pads to the longest clip.

    Raises:
        UserError: it can't be found or read, would run code, or lacks a layer.
    """
    from dagster_and.targets.beats.checkpoint import SUFFIXES
    from dagster_and.targets.families import beats, transformers
    from dagster_and.targets.planted.network import is_planted, open_planted

    if is_planted(checkpoint):
        return open_planted(checkpoint)
    if Path(checkpoint).suffix in SUFFIXES and not Path(checkpoint).is_dir():
        return beats.open_beats(checkpoint, requested_layers, weights=weights, window_s=window_s)
    return transformers.open_transformers(checkpoint, requested_layers, revision, weights=weights, window_s=window_s)


def open_dissected(dissection: "Dissection", checkpoint: str, *, weights: bool = True) -> Target:
    """Open the target of a dissection file.

    Args:
        dissection: the file.
        checkpoint: where its network is, as ``targets.checkpoint`` says it.
        weights: as in :func:`open_target`; the network of a factory is always as the factory makes it.

    Raises:
        UserError: as :func:`open_target`, or a factory is not there or doesn't give such a network.
    """
    from dagster_and.dissection import BeatsTarget, ModuleTarget, TransformersTarget
    from dagster_and.targets.families import beats, module

    section, layers, window_s = dissection.target, dissection.activations.layers, dissection.window_s
    labels = getattr(section, "class_labels", None)
    labels = str(dissection.resolve(labels)) if isinstance(labels, str) else labels
    if isinstance(section, ModuleTarget):
        return module.open_module(section, checkpoint, layers or section.layers, labels, window_s=window_s)
    if isinstance(section, BeatsTarget):
        return beats.open_beats(checkpoint, layers, weights=weights, window_s=window_s, class_labels=labels)
    revision = section.revision if isinstance(section, TransformersTarget) else None
    return open_target(checkpoint, layers, revision, weights=weights, window_s=window_s)


def weights_sha256(model: Any) -> str:
    """SHA-256 over the names, shapes and bytes of all weights, in order of name."""
    hasher = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        hasher.update(f"{name}{tuple(tensor.shape)}".encode())
        hasher.update(tensor.detach().contiguous().cpu().numpy().tobytes())
    return hasher.hexdigest()
