"""What a family of targets is: everything that the house asks of one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import polars as pl

    from dagster_and.dissection import Dissection
    from dagster_and.foundation.home import Home
    from dagster_and.targets.target import Target


@dataclass(frozen=True)
class Foreseen:
    """A target as it is known before any work: its network without weights, and in words what it is or will be."""

    target: "Target"
    what: str

    @classmethod
    def as_it_is(cls, target: "Target") -> "Foreseen":
        """Of a network that is there already: its name, the class of its model, and what had to be done to open it."""
        noted = f"; {target.note}" if target.note else ""
        return cls(target, f"{target.name} ({type(target.model).__name__}{noted})")


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

    def foresee(self, dissection: "Dissection", clips: "pl.DataFrame") -> Foreseen:
        """What would be dissected. Nothing is trained, no weight is loaded, and no sound is there yet.

        Args:
            dissection: the file.
            clips: label and fold of every clip, and nothing else.

        Raises:
            UserError: as :meth:`make_ready` and :meth:`open`.
        """
        ...
