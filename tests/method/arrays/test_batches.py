"""Rows of the table ``activations``, a bounded number of values at a time, and work on them on all cores."""

import threading
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.foundation.cores import usable_cores
from dagster_and.method.activations.pooling import each_layer
from dagster_and.method.arrays.batches import CHUNK_VALUES, Spread, chunks, each_chunk, on_all_cores


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


@pytest.mark.parametrize(
    ("neurons", "clips", "size"), [(20, 4, 6), (6, CHUNK_VALUES // 4, 512), (2, CHUNK_VALUES, 512), (2, 3, 512)]
)
def test_chunks_hold_every_neuron_once_and_no_more_values_than_they_may(neurons: int, clips: int, size: int):
    values = np.arange(neurons * clips, dtype=np.float32).reshape(neurons, clips)
    batch = rows_of(values, 0)
    pieces = list(chunks([batch], size))
    assert np.concatenate([ids for ids, _ in pieces]).tolist() == list(range(neurons))
    assert np.array_equal(np.concatenate([piece for _, piece in pieces]), values)
    assert all(len(piece) <= size and piece.size <= max(clips, CHUNK_VALUES) for _, piece in pieces)


@dataclass(frozen=True)
class Kept:
    """A piece that is there already."""

    batch: pa.RecordBatch

    @property
    def rows(self) -> int:
        return self.batch.num_rows

    def read(self) -> pa.RecordBatch:
        return self.batch


def rows_of(values: np.ndarray, first: int) -> pa.RecordBatch:
    clips = values.shape[1]
    column = pa.FixedSizeListArray.from_arrays(values.reshape(-1), clips).cast(pa.list_(pa.float32()))
    ids = np.arange(first, first + len(values), dtype=np.int32)
    return pa.RecordBatch.from_pydict({"neuron_id": ids, "activation": column})


def spread(groups: list[int], clips: int, shares: int) -> Spread:
    """Rows in pieces of so many neurons, worked on here, last unit first."""
    values = np.arange(sum(groups) * clips, dtype=np.float32).reshape(-1, clips)
    firsts = [sum(groups[:i]) for i in range(len(groups))]
    pieces = [Kept(rows_of(values[a : a + n], a)) for a, n in zip(firsts, groups, strict=True)]

    def each(work, spans):
        return reversed([work(span) for span in reversed(spans)])

    return Spread(pieces, clips, each, shares)


@given(groups=st.lists(st.integers(1, 30), min_size=1, max_size=4), shares=st.integers(1, 20), size=st.integers(1, 40))
def test_chunks_of_spread_rows_are_those_of_rows_that_are_read_here(groups: list[int], shares: int, size: int):
    rows = spread(groups, 3, shares)
    there = list(each_chunk(lambda chunk: chunk, rows, size))
    here = list(each_chunk(lambda chunk: chunk, list(rows), size))
    assert [ids.tolist() for ids, _ in here] == [ids.tolist() for ids, _ in chunks(list(rows), size)]
    assert len(there) == len(here)
    for (ids, values), (ids_here, values_here) in zip(there, here, strict=True):
        assert np.array_equal(ids, ids_here)
        assert np.array_equal(values, values_here)


@pytest.mark.parametrize("shares", [1, 3, 8, 1000])
def test_spread_rows_are_shared_out_evenly_and_no_further_than_by_chunks(shares: int):
    spans = spread([100, 60], 3, shares).chunk_spans(10)
    assert [place for span in spans for place in span] == list(range(160))
    assert all(len(span) % 10 == 0 for span in spans)
    assert len(spans) <= min(16, shares + 1)  # a piece more than shares, since no span crosses two
    assert max(map(len, spans)) <= -(-16 // shares) * 10


@given(
    groups=st.lists(st.integers(1, 12), min_size=1, max_size=4),
    ends=st.sets(st.integers(1, 47)),
)
def test_layers_of_spread_rows_are_whole_wherever_pieces_end(groups: list[int], ends: set[int]):
    rows, neurons = spread(groups, 2, 4), sum(groups)
    borders = [0, *sorted(end for end in ends if end < neurons), neurons]
    widths = [stop - start for start, stop in pairwise(borders)]

    def same(ids: np.ndarray, values: np.ndarray) -> tuple:
        return ids.tolist(), values.tolist()

    assert list(each_layer(same, rows, widths)) == list(each_layer(same, list(rows), widths))
    with pytest.raises(ValueError, match="layers of"):
        each_layer(same, rows, [*widths, 1])
