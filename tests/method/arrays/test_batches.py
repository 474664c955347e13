"""Rows of the table ``activations``, a bounded number of values at a time."""

import numpy as np
import pyarrow as pa
import pytest

from dagster_and.method.arrays.batches import CHUNK_VALUES, chunks


@pytest.mark.parametrize(("neurons", "clips", "size"), [(20, 4, 6), (6, CHUNK_VALUES // 4, 512), (2, 3, 512)])
def test_chunks_hold_every_neuron_once_and_no_more_values_than_they_may(neurons: int, clips: int, size: int):
    values = np.arange(neurons * clips, dtype=np.float32).reshape(neurons, clips)
    column = pa.FixedSizeListArray.from_arrays(values.reshape(-1), clips).cast(pa.list_(pa.float32()))
    batch = pa.RecordBatch.from_pydict({"neuron_id": np.arange(neurons, dtype=np.int32), "activation": column})
    pieces = list(chunks([batch], size))
    assert np.concatenate([ids for ids, _ in pieces]).tolist() == list(range(neurons))
    assert np.array_equal(np.concatenate([piece for _, piece in pieces]), values)
    assert all(len(piece) <= size and piece.size <= max(clips, CHUNK_VALUES) for _, piece in pieces)
