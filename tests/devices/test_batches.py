"""Batches that grow with a device's memory: every clip once, in order, whatever the memory."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.devices.batches import LARGEST, behind, fitting
from dagster_and.devices.placement import ON_CPU, Placement
from dagster_and.foundation.errors import UserError
from tests.second_device import second_device

CLIP_BYTES = 4 * 100


def sizes(clips: int, size: int, placement: Placement, **how) -> list[int]:
    """Of the batches, each of which allocates ``CLIP_BYTES`` a clip."""
    done: list[int] = []

    def work(here: slice) -> None:
        placement.moved(torch.zeros(here.stop - here.start, 100))
        done.extend(range(here.start, here.stop))

    batches = [here.stop - here.start for here, _ in fitting(clips, size, work, placement, **how)]
    assert done == list(range(clips))
    return batches


def test_on_the_cpu_batches_have_the_size_that_is_asked_for():
    assert sizes(10, 4, ON_CPU) == [4, 4, 2]
    assert sizes(0, 4, ON_CPU) == []


@given(clips=st.integers(0, 90), size=st.integers(1, 70), holds=st.integers(1, 70))
def test_every_clip_is_heard_once_and_no_batch_is_beyond_the_memory(clips: int, size: int, holds: int):
    with second_device(memory=holds * CLIP_BYTES) as there:
        found = sizes(clips, size, there)
    assert max(found, default=0) <= min(holds, max(size, LARGEST))


def test_a_batch_is_doubled_while_twice_as_much_would_fit():
    with second_device(memory=50 * CLIP_BYTES) as there:
        assert sizes(100, 3, there) == [3, 6, 12, 24, 24, 24, 7]  # 48 of 50 is more than the share that is taken
        assert sizes(100, 3, there) == sizes(100, 3, there)
        assert sizes(100, 3, there, grows=False)[0:2] == [3, 3]


def test_a_batch_that_did_not_fit_is_halved_for_good():
    with second_device(memory=10 * CLIP_BYTES) as there:
        assert sizes(40, 32, there) == [8, 8, 8, 8, 8]


def test_one_clip_that_does_not_fit_is_refused():
    with second_device(memory=CLIP_BYTES - 1) as there, pytest.raises(UserError, match="not one clip's pass"):
        sizes(4, 4, there)


def test_an_error_that_is_not_of_memory_is_raised_as_it_is():
    def work(_here: slice) -> None:
        raise RuntimeError("no luck")

    with second_device() as there, pytest.raises(RuntimeError, match="no luck"):
        list(fitting(4, 4, work, there))


def test_an_item_is_handed_on_when_the_next_has_been_begun():
    begun: list[int] = []
    items = (begun.append(i) or i for i in range(3))
    assert [(item, len(begun)) for item in behind(items, 1)] == [(0, 2), (1, 3), (2, 3)]
    assert list(behind(iter("ab"), 0)) == ["a", "b"]
