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
"""Neurons at a time: 512 neurons on 2,000 clips are 8 MB in float64."""


def chunks(batches: Iterable[pa.RecordBatch], size: int = CHUNK) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Neuron ids ("neuron") and activations ("neuron clip", float32), at most ``size`` neurons at a time."""
    for batch in batches:
        ids = batch.column("neuron_id").to_numpy()
        values = batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1)
        for start in range(0, len(ids), size):
            yield ids[start : start + size], values[start : start + size]


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
