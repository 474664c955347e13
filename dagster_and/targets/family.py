"""What a family of targets is: everything that the house asks of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from dagster_and.targets.layers import HEAD, Layer

if TYPE_CHECKING:
    import polars as pl

    from dagster_and.dissection import Dissection
    from dagster_and.foundation.home import Home
    from dagster_and.targets.target import Target


@dataclass(frozen=True)
class Foreseen:
    """A target as it is known before any work, without the libraries that networks are made of.

    ``what`` says in words what it is or will be, ``network`` what its kind of network is called. ``obstacles`` say of
    each layer why no neuron of it can be cut, None where they can be.
    """

    name: str
    network: str
    layers: tuple[Layer, ...]
    class_labels: tuple[str, ...]
    has_cls_token: bool
    obstacles: Mapping[str, str | None]
    what: str

    @classmethod
    def as_it_is(cls, target: "Target") -> "Foreseen":
        """Of a network that is there already, with what had to be done to open it."""
        from dagster_and.targets.cutting.obstacles import obstacle

        network = type(target.model).__name__
        obstacles = {layer.name: obstacle(target.model, layer) for layer in target.layers}
        return cls(
            target.name, network, target.layers, target.class_labels, target.frontend.has_cls_token, obstacles,
            f"{target.name} ({network}{f'; {target.note}' if target.note else ''})",
        )  # fmt: skip

    @property
    def neurons(self) -> int:
        """Number of neurons that would be dissected."""
        return sum(layer.width for layer in self.layers)

    @property
    def has_head(self) -> bool:
        """Whether a layer's neurons stand for classes."""
        return self.layers[-1].sublayer == HEAD


class Family(Protocol):
    """One way to come by a network. Every dissection that it is handed has a section ``target`` of this family.

    A checkpoint is a piece of text: hub id, folder, file or factory. ``clips`` are rows of ``probing_clips``.
    """

    def checkpoint(self, dissection: "Dissection", clips: "pl.DataFrame", home: "Home") -> str:
        """The checkpoint that the dissection means, there or yet to be made.

        One that the house makes lies in ``home.checkpoints``, and its name holds the key of all that it is made from.
        """
        ...

    def fingerprint(self, dissection: "Dissection", checkpoint: str) -> str:
        """What the checkpoint's files hold, so that changed ones are seen; empty where the checkpoint's name says it.

        Read before anything is made or opened, so a file may be missing.
        """
        ...

    def make_ready(
        self, dissection: "Dissection", clips: "pl.DataFrame", home: "Home", checkpoint: str
    ) -> dict[str, Any]:
        """Train or plant the network unless its checkpoint is there.

        Returns:
            accuracies (0..1) and numbers of clips by column of ``targets``; empty where nothing is trained here.

        Raises:
            UserError: the clips can't train one.
        """
        ...

    def open(self, dissection: "Dissection", checkpoint: str, *, weights: bool = True) -> "Target":
        """The network of a checkpoint that is ready, in eval mode, float32, on the CPU.

        Args:
            dissection: names the layers, the window and, for some families, the classes.
            checkpoint: as :meth:`checkpoint` says it.
            weights: False leaves them out where the family can, to look at the layers only.

        Raises:
            UserError: it can't be found or read, would run code, or lacks a layer.
        """
        ...

    def foresee(self, dissection: "Dissection", clips: "pl.DataFrame", home: "Home") -> Foreseen:
        """What would be dissected. Nothing is trained, no weight is loaded, and no sound is there yet.

        Args:
            dissection: the file.
            clips: label and fold of every clip, and nothing else.
            home: where a family may keep what it saw, if looking takes it long.

        Raises:
            UserError: as :meth:`make_ready` and :meth:`open`.
        """
        ...
