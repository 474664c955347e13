"""Chunks of neurons on all cores."""

import threading

import numpy as np
import pytest

from dagster_and.foundation.cores import usable_cores
from dagster_and.method.arrays.batches import on_all_cores


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
