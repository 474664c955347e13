"""This machine does the work: threads on all cores, no server, nothing sent."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from dagster_and.foundation.cores import usable_cores
from dagster_and.foundation.memory import keep_freed_memory
from dagster_and.lake.store import Lake
from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.method.arrays.batches import Rows, on_all_cores

U = TypeVar("U")
R = TypeVar("R")


class Local:
    """The default; see :class:`dagster_and.engine.protocol.Engine`."""

    shares = 1
    devices = None

    @property
    def in_words(self) -> str:
        """How many cores."""
        return f"local, {usable_cores()} cores"

    def activations(self, lake: Lake, dissection: str, label: str = "", device: str = "cpu") -> Rows:  # noqa: ARG002
        """One row group at a time."""
        return lake.batches(ACTIVATIONS, dissection)

    def each(self, work: Callable[[U], R], units: Sequence[U], label: str = "", of: str = "units") -> Iterator[R]:  # noqa: ARG002
        """A unit on each core."""
        return on_all_cores(work, units)

    def passes(
        self, work: Callable[[range], R], units: Sequence[range], label: str = "", of: str = "units",  # noqa: ARG002
        device: str = "cpu",  # noqa: ARG002
    ) -> Iterator[R]:  # fmt: skip
        """One after another: a network uses all cores by itself."""
        keep_freed_memory()
        return map(work, units)


HERE = Local()
