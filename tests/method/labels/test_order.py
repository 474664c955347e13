"""Ranks among any clips, and standard errors of AUROCs, against scipy and naive loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from dagster_and.method.labels.order import Order, firing_clips

worlds = st.integers(6, 14).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 5), min_size=n, max_size=n), st.lists(st.booleans(), min_size=n, max_size=n)
    )
)


@given(worlds)
def test_ranks_among_members_are_scipys_less_their_mean(world: tuple[list[int], list[bool]]):
    values, members = np.array([world[0]], dtype=np.float32), np.array(world[1])
    expected = np.zeros(values.shape)
    expected[0, members] = rankdata(values[0, members]) - (members.sum() + 1) / 2
    order = Order.of(values)
    assert order.ranks(members).tolist() == expected.tolist()
    assert order.ranks(members[None]).tolist() == expected.tolist()


def placements(values: np.ndarray, group: np.ndarray) -> tuple[float, np.ndarray]:
    """AUROC, and DeLong's structural components less it, over the size of their side."""
    wins = (values[group][:, None] > values[~group]) + 0.5 * (values[group][:, None] == values[~group])
    own = np.zeros(len(values))
    own[group] = (wins.mean(axis=1) - wins.mean()) / group.sum()
    own[~group] = (wins.mean(axis=0) - wins.mean()) / (~group).sum()
    return wins.mean(), own


def test_the_error_of_a_difference_is_delongs():
    random = np.random.default_rng(0)
    values = random.integers(0, 30, size=(5, 40)).astype(np.float32)
    first, second = random.random((2, 5, 40)) < 0.4
    errors = Order.of(values).error_of_difference(first, second, np.ones(40, dtype=bool))
    for row in range(5):
        apart = placements(values[row], first[row])[1] - placements(values[row], second[row])[1]
        assert errors[row] == pytest.approx(np.sqrt(np.square(apart).sum()), rel=1e-5)


def test_the_error_of_a_difference_is_how_far_differences_scatter():
    random = np.random.default_rng(1)
    first, second = random.random(300) < 0.3, random.random(300) < 0.2
    second |= first & (random.random(300) < 0.8)
    values = (random.normal(size=(2000, 300)) + first).astype(np.float32)
    apart = [placements(row, first)[0] - placements(row, second)[0] for row in values]
    many = np.repeat(first[None], 2000, axis=0), np.repeat(second[None], 2000, axis=0)
    errors = Order.of(values).error_of_difference(*many, np.ones(300, dtype=bool))
    assert errors.mean() == pytest.approx(np.std(apart), rel=0.1)


def test_where_all_that_counts_is_who_fires_the_sides_change_roles():
    """Five of 24 dog barks fire; a form that holds on all barks tells them from all but the other 19."""
    bark, firing = np.arange(240) < 24, np.arange(240) < 5
    activation = np.where(firing, 1.0, 0.0)[None].astype(np.float32)
    assert firing_clips(activation).tolist() == [firing.tolist()]
    everything = np.ones(240, dtype=bool)
    order = Order.of_firing(firing_clips(activation))
    assert order.fires(everything).tolist() == [[5]]
    assert order.error_of(bark[None], everything) == pytest.approx(np.sqrt(19 / 235 * 216 / 235 / 235) / 2)
    graded = Order.of(activation)
    assert graded.fires(everything).tolist() == [[0]]
    assert order.where(np.array([False]), graded).fires(everything).tolist() == [[0]]


def test_a_floor_of_noise_fires_on_nothing():
    random = np.random.default_rng(2)
    assert not firing_clips(random.normal(size=(50, 400)).astype(np.float32)).any()
    selective = 0.1 * random.normal(size=(50, 400)) + 5 * (np.arange(400) < 8)
    assert (firing_clips(selective.astype(np.float32)).sum(axis=1) == 8).all()


def test_the_order_within_some_clips_is_as_if_there_were_no_others():
    random = np.random.default_rng(5)
    for values in (random.normal(size=(6, 40)), random.integers(0, 4, (6, 40)).astype(float)):
        some, members = random.random(40) < 0.4, random.random(40) < 0.5
        within, alone = Order.of(values).within(some), Order.of(values[:, some])
        assert (within.below == alone.below).all()
        assert (within.upto == alone.upto).all()
        assert (within.ranks(members[some]) == alone.ranks(members[some])).all()
        assert (within.ranks(members[some]) == Order.of(values).ranks(members & some)[:, some]).all()
    assert Order.of(np.empty((0, 40))).within(some).clips.shape == (0, some.sum())
