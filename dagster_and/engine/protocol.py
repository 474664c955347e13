"""What the house asks of an engine."""

from collections.abc import Callable, Iterator, Sequence, Set
from typing import Protocol, TypeVar

from dagster_and.lake.store import Lake
from dagster_and.method.arrays.batches import Rows

U = TypeVar("U")
R = TypeVar("R")


class Engine(Protocol):
    """Does work on units. A unit may be done again, so doing it twice comes to the same; results come in order.

    ``label`` says which room's work it is, ``of`` what units are counted in, both for people.
    """

    @property
    def shares(self) -> int:
        """How many units keep it busy; 1 where work is best left whole."""
        ...

    @property
    def devices(self) -> Set[str] | None:
        """Devices that its workers offer; None where that is this machine, which is looked at."""
        ...

    @property
    def in_words(self) -> str:
        """Who does the work, for people."""
        ...

    def activations(self, lake: Lake, dissection: str, label: str, device: str = "cpu") -> Rows:
        """Rows of the table ``activations``, to be worked on wherever they are read.

        Args:
            lake: the lake.
            dissection: whose.
            label: whose work it is that they are read for.
            device: that the work needs.

        Raises:
            UserError: the table has not been made.
        """
        ...

    def each(self, work: Callable[[U], R], units: Sequence[U], label: str, of: str = "units") -> Iterator[R]:
        """Results of work that takes one core for each unit.

        Raises:
            UserError: who does the work is gone, or a unit can't be done.
        """
        ...

    def passes(
        self, work: Callable[[range], R], units: Sequence[range], label: str, of: str, device: str = "cpu"
    ) -> Iterator[R]:
        """Results of forward passes of a network, one unit at a time in a process; each uses all that the process has.

        Raises:
            UserError: as :meth:`each`.
        """
        ...
