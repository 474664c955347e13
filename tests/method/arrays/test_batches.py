"""Rows of the table ``activations``, a bounded number of values at a time, and work on them on all cores."""

import threading

import numpy as np
import pyarrow as pa
import pytest

from dagster_and.foundation.cores import usable_cores
from dagster_and.method.arrays.batches import CHUNK_VALUES, chunks, on_all_cores


def test_results_come_in_order_and_no_more_chunks_are_taken_than_there_are_cores():
    taken: list[int] = []

    def chunks():
        for chunk in range(20):
            taken.append(chunk)
            yield chunk

    for done, result in enumerate(on_all_cores(lambda chunk: chunk * chunk, chunks())):
        assert result == done * done
        assert len(taken) <= done + usable_cores()
    assert len(taken) == 20


def test_a_matrix_product_within_has_one_thread():
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))

    def threads(_: int) -> set[int]:
        return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}

    assert set().union(*on_all_cores(threads, range(4))) == {1}


def test_what_goes_wrong_in_a_chunk_is_raised():
    def work(chunk: int) -> str:
        if chunk == 2:
            raise ValueError("of the third")
        return threading.current_thread().name

    with pytest.raises(ValueError, match="of the third"):
        list(on_all_cores(work, range(4)))


@pytest.mark.parametrize(("neurons", "clips", "size"), [(20, 4, 6), (6, CHUNK_VALUES // 4, 512), (2, 3, 512)])
def test_chunks_hold_every_neuron_once_and_no_more_values_than_they_may(neurons: int, clips: int, size: int):
    values = np.arange(neurons * clips, dtype=np.float32).reshape(neurons, clips)
    column = pa.FixedSizeListArray.from_arrays(values.reshape(-1), clips).cast(pa.list_(pa.float32()))
    batch = pa.RecordBatch.from_pydict({"neuron_id": np.arange(neurons, dtype=np.int32), "activation": column})
    pieces = list(chunks([batch], size))
    assert np.concatenate([ids for ids, _ in pieces]).tolist() == list(range(neurons))
    assert np.array_equal(np.concatenate([piece for _, piece in pieces]), values)
    assert all(len(piece) <= size and piece.size <= max(clips, CHUNK_VALUES) for _, piece in pieces)
