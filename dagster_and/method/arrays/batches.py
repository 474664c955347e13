"""Rows of the table ``activations`` as arrays, a bounded number of neurons at a time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
import pyarrow as pa

from dagster_and.foundation.cores import usable_cores

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 512
"""Neurons at a time, where the clips are few."""
CHUNK_VALUES = 1 << 20
"""Values at a time: 8 MiB in float64. Of more than 2,048 clips there are fewer than ``CHUNK`` neurons at a time."""


def chunks(batches: Iterable[pa.RecordBatch], size: int = CHUNK) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Neuron ids ("neuron") and activations ("neuron clip", float32), at most ``size`` neurons at a time.

    And at most ``CHUNK_VALUES`` of their activations (one neuron at least), so that memory doesn't grow with the clips.
    """
    for batch in batches:
        ids = batch.column("neuron_id").to_numpy()
        values = batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1)
        step = max(1, min(size, CHUNK_VALUES // max(1, values.shape[1])))
        for start in range(0, len(ids), step):
            yield ids[start : start + step], values[start : start + step]


def on_all_cores(work: Callable[[T], R], chunks: Iterable[T]) -> Iterator[R]:
    """Results in order; each chunk on one core, and no more of them in memory than there are cores.

    numpy lets go of the interpreter while it works. Matrix products on several threads would only be in each other's
    way.
    """
    from threadpoolctl import threadpool_limits

    cores, waiting = usable_cores(), iter(chunks)
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores) as pool:
        while some := list(islice(waiting, cores)):
            yield from pool.map(work, some)
