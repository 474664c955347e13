"""Rows of the table ``activations`` as arrays, a bounded number of neurons at a time."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

CHUNK = 512
"""Neurons at a time: 512 neurons on 2,000 clips are 8 MB in float64."""


def chunks(batches: Iterable[pa.RecordBatch], size: int = CHUNK) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Neuron ids ("neuron") and activations ("neuron clip", float32), at most ``size`` neurons at a time."""
    for batch in batches:
        ids = batch.column("neuron_id").to_numpy()
        values = batch.column("activation").flatten().to_numpy().reshape(batch.num_rows, -1)
        for start in range(0, len(ids), size):
            yield ids[start : start + size], values[start : start + size]
