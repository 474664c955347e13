"""Rows of the table ``activations`` as arrays, a bounded number of neurons at a time.

The method says what is done with every chunk of neurons, or every span of them, never where: rows that are read here
are worked on by this machine's cores, rows that are :class:`Spread` by whoever reads the pieces.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, chain, islice
from typing import Protocol, TypeVar

import numpy as np
import pyarrow as pa

from dagster_and.foundation.cores import usable_cores
from dagster_and.foundation.memory import keep_freed_memory

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 512
"""Neurons at a time, where the clips are few."""
CHUNK_VALUES = 1 << 20
"""Values at a time: 8 MiB in float64. Of more than 2,048 clips there are fewer than ``CHUNK`` neurons at a time."""

Chunk = tuple[np.ndarray, np.ndarray]
"""Neuron ids ("neuron") and their activations ("neuron clip", float32)."""
Rows = Iterable[pa.RecordBatch]
"""Rows of ``activations`` in the order of neuron_id; those that lie elsewhere are :class:`Spread`."""


class Piece(Protocol):
    """Some of the rows, next to one another, read where they are needed."""

    @property
    def rows(self) -> int:
        """How many."""
        ...

    def read(self) -> pa.RecordBatch:
        """They themselves."""
        ...


@dataclass(frozen=True)
class Spread:
    """Rows that others read, each some of them.

    ``pieces``: in the order of neuron_id, from 0. ``clips``: activations of a neuron. ``each``: does work on every one
    of some units, wherever that is, and gives the results in order. ``shares``: units that keep all who work busy.
    """

    pieces: Sequence[Piece]
    clips: int
    each: Callable[[Callable, Sequence[range]], Iterator]
    shares: int

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return (piece.read() for piece in self.pieces)

    @property
    def neurons(self) -> int:
        """How many rows there are."""
        return sum(piece.rows for piece in self.pieces)

    def of_spans(self, work: Callable[[Rows], R], spans: Sequence[range]) -> Iterator[R]:
        """Results of ``work`` on the rows of every span, in order; of a piece no more is kept than the span holds."""
        return self.each(partial(_of_span, tuple(self.pieces), work), spans)

    def chunk_spans(self, size: int) -> list[range]:
        """Every row once, in spans of whole chunks, so that a chunk is the same whoever works on it."""
        step = _chunk_neurons(size, self.clips)
        chunks = sum(-(-piece.rows // step) for piece in self.pieces)
        each, ends = step * max(1, -(-chunks // self.shares)), accumulate(piece.rows for piece in self.pieces)
        return [
            range(start, min(start + each, end))
            for piece, end in zip(self.pieces, ends, strict=True)
            for start in range(end - piece.rows, end, each)
        ]


def chunks(batches: Rows, size: int = CHUNK) -> Iterator[Chunk]:
    """Neuron ids ("neuron") and activations ("neuron clip", float32), at most ``size`` neurons at a time.

    And at most ``CHUNK_VALUES`` of their activations (one neuron at least), so that memory doesn't grow with the clips.
    """
    for batch in batches:
        ids = batch.column("neuron_id").to_numpy()
        values = batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1)
        step = _chunk_neurons(size, values.shape[1])
        for start in range(0, len(ids), step):
            yield ids[start : start + step], values[start : start + step]


def each_chunk(work: Callable[[Chunk], R], rows: Rows, size: int = CHUNK) -> Iterator[R]:
    """Results of ``work`` on every chunk of :func:`chunks`, in order.

    Where rows are spread, ``work`` is sent to them: it and what it gives can be pickled, closures as well.
    """
    if isinstance(rows, Spread):
        return chain.from_iterable(rows.of_spans(partial(_of_chunks, work, size), rows.chunk_spans(size)))
    return on_all_cores(work, chunks(rows, size))


def on_all_cores(work: Callable[[T], R], units: Iterable[T]) -> Iterator[R]:
    """Results in order; each unit on one core, and no more of them in memory than there are cores.

    numpy lets go of the interpreter while it works. Matrix products on several threads would only be in each other's
    way.
    """
    from threadpoolctl import threadpool_limits

    keep_freed_memory()
    cores, waiting = usable_cores(), iter(units)
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores) as pool:
        while some := list(islice(waiting, cores)):
            yield from pool.map(work, some)


def _chunk_neurons(size: int, clips: int) -> int:
    return max(1, min(size, CHUNK_VALUES // max(1, clips)))


def _of_chunks(work: Callable[[Chunk], R], size: int, batches: Rows) -> list[R]:
    return [work(chunk) for chunk in chunks(batches, size)]


def _of_span(pieces: Sequence[Piece], work: Callable[[Rows], R], span: range) -> R:
    return work(_within(pieces, span))


def _within(pieces: Sequence[Piece], span: range) -> Iterator[pa.RecordBatch]:
    """The rows of a span; only the pieces that hold some of them are read."""
    first = 0
    for piece in pieces:
        start, stop = max(span.start, first) - first, min(span.stop, first + piece.rows) - first
        first += piece.rows
        if start < stop:
            yield piece.read().slice(start, stop - start)
