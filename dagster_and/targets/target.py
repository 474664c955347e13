"""The network under dissection: whatever its family, layers grouped in blocks, and a frontend that feeds it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dagster_and.devices.placement import ON_CPU, Placement
from dagster_and.targets.hearing.frontend import Frontend, Inputs
from dagster_and.targets.layers import HEAD, Layer

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Target:
    """A network ready to be dissected. ``class_labels`` are the head's classes in the order of its neurons.

    A network that gives features only has no head and no class labels. ``note`` says what had to be done to open it.
    ``reopen``: what opens a dissection's target in another process: by checkpoint, placement, SHA-256 of the weights.
    """

    name: str
    checkpoint: str
    model: Any
    frontend: Frontend
    layers: tuple[Layer, ...]
    class_labels: tuple[str, ...]
    placement: Placement = ON_CPU
    note: str | None = None
    reopen: Callable[[str, Placement, str], "Target"] | None = None

    def __reduce__(self) -> Any:
        """To another process a dissection's target goes as where its checkpoint lies, not as its weights."""
        if self.reopen is None:
            return super().__reduce__()
        return self.reopen, (self.checkpoint, self.placement, weights_sha256(self.model))

    def placed(self, placement: Placement) -> "Target":
        """The target on a device, its one network moved there; a network of float64 stays where that is known."""
        if getattr(self.model, "is_float64", False):
            placement = replace(placement, device=placement.exact_device)
        return replace(self, model=placement.placed(self.model), placement=placement)

    def inputs(self, features: Sequence["torch.Tensor"]) -> Inputs:
        """A batch of clips as the frontend makes it, on the network's device."""
        made = self.frontend.inputs(features)
        if self.placement.is_cpu:
            return made
        arguments = {name: self.placement.moved(tensor) for name, tensor in made.arguments.items()}
        return Inputs(arguments, self.placement.moved(made.sound_tokens))

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


def logits_of(output: Any) -> "torch.Tensor":
    """Logits ("clip class") of whatever a classifier's forward returns."""
    if hasattr(output, "logits"):
        return output.logits
    return output[0] if isinstance(output, tuple | list) else output


def weights_sha256(model: Any) -> str:
    """SHA-256 over the names, shapes and bytes of all weights, in order of name."""
    hasher = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        hasher.update(f"{name}{tuple(tensor.shape)}".encode())
        hasher.update(tensor.detach().contiguous().cpu().numpy().tobytes())
    return hasher.hexdigest()
