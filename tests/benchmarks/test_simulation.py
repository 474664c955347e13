"""The simulated scheduler: by hand, by properties, and against real Dask workers of which one is killed."""

from itertools import pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.simulation import Attempt, Cluster, Outcome, StuckError, drawn, simulate

SECONDS = st.lists(st.floats(0.01, 10), min_size=1, max_size=40)
WORKERS = st.integers(1, 9)
TOLERANCE = 1e-6


def of_worker(outcome: Outcome, worker: int) -> list[Attempt]:
    return [attempt for attempt in outcome.attempts if attempt.worker == worker]


def failing(workers: int, seed: int) -> Cluster:
    """Fails about every twenty seconds, and loses a few units of up to ten."""
    return Cluster(workers, failures_per_hour=180, restart_s=1.0 + seed % 3)


def test_two_workers_take_units_in_their_order():
    outcome = simulate([3, 1, 1, 2], Cluster(2))
    assert [(a.unit, a.worker, a.start_s, a.end_s) for a in outcome.attempts] == [
        (0, 0, 0, 3), (1, 1, 0, 1), (2, 1, 1, 2), (3, 1, 2, 4),
    ]  # fmt: skip
    assert outcome.makespan_s == 4
    assert outcome.efficiency([3, 1, 1, 2]) == 7 / 8


def test_the_scheduler_hands_out_one_unit_at_a_time():
    outcome = simulate([1, 1, 1], Cluster(3, overhead_s=0.5))
    assert [a.start_s for a in outcome.attempts] == [0.5, 1.0, 1.5]


def test_what_a_unit_fetches_takes_time_before_it():
    assert simulate([1.0], Cluster(1, bytes_per_s=100), unit_bytes=50).makespan_s == 1.5


def test_the_unit_of_a_killed_worker_runs_again_at_once_where_another_is_idle():
    outcome = simulate([4, 1], Cluster(2, killed={0: 2.0}, restart_s=inf))
    assert [(a.unit, a.worker, a.start_s, a.end_s, a.is_done) for a in outcome.attempts] == [
        (0, 0, 0, 2, False), (1, 1, 0, 1, True), (0, 1, 2, 6, True),
    ]  # fmt: skip


def test_a_worker_that_is_killed_between_units_takes_none_until_it_is_back():
    outcome = simulate([1, 4, 4], Cluster(2, killed={0: 1.0}, restart_s=2.0))
    assert [(a.unit, a.start_s) for a in of_worker(outcome, 0) if a.end_s > a.start_s] == [(0, 0), (2, 3)]


def test_units_without_any_worker_left_are_named():
    with pytest.raises(StuckError, match="2 units are left"):
        simulate([2, 2], Cluster(1, killed={0: 1.0}, restart_s=inf))


def test_stragglers_take_their_times_as_long():
    assert simulate([1.0], Cluster(1, straggling=1.0, slowness=3.0)).makespan_s == 3


def test_drawn_units_have_their_mean_and_spread():
    seconds = drawn(100_000, 2.0, 0.5)
    assert seconds.mean() == pytest.approx(2.0, rel=0.01)
    assert np.log(seconds).std() == pytest.approx(0.5, rel=0.01)


@given(SECONDS, WORKERS)
def test_it_takes_no_less_than_an_even_share_and_than_the_longest_unit(seconds: list[float], workers: int):
    makespan = simulate(seconds, Cluster(workers)).makespan_s
    assert makespan >= max(sum(seconds) / workers, *seconds) - TOLERANCE
    assert makespan <= sum(seconds) / workers + max(seconds) + TOLERANCE  # Graham's bound


@given(SECONDS, WORKERS)
def test_no_worker_is_idle_while_units_wait(seconds: list[float], workers: int):
    outcome = simulate(seconds, Cluster(workers))
    last_start = max(attempt.start_s for attempt in outcome.attempts)
    for worker in range(workers):
        own = of_worker(outcome, worker)
        assert (own[-1].end_s if own else 0.0) >= last_start - TOLERANCE
        assert (own[0].start_s if own else 0.0) == 0
        assert all(second.start_s == first.end_s for first, second in pairwise(own))


@given(SECONDS, WORKERS, st.integers(0, 1000))
def test_every_unit_is_done_exactly_once_whichever_workers_fail(seconds: list[float], workers: int, seed: int):
    outcome = simulate(seconds, failing(workers, seed), seed=seed)
    assert sorted(a.unit for a in outcome.attempts if a.is_done) == list(range(len(seconds)))


@given(SECONDS, WORKERS, st.integers(0, 1000))
def test_a_worker_does_one_unit_at_a_time_and_none_while_it_is_away(seconds: list[float], workers: int, seed: int):
    cluster = failing(workers, seed)
    outcome = simulate(seconds, cluster, seed=seed)
    for worker in range(workers):
        for first, second in pairwise(of_worker(outcome, worker)):
            away = 0 if first.is_done else cluster.restart_s
            assert second.start_s >= first.end_s + away - TOLERANCE


@given(SECONDS, WORKERS)
def test_failures_never_make_it_shorter_than_an_even_share(seconds: list[float], workers: int):
    assert simulate(seconds, failing(workers, 0)).makespan_s >= max(sum(seconds) / workers, *seconds) - TOLERANCE


@given(SECONDS, WORKERS, st.integers(0, 1000))
def test_the_same_seed_gives_the_same_run(seconds: list[float], workers: int, seed: int):
    cluster = failing(workers, seed)
    assert simulate(seconds, cluster, seed=seed) == simulate(seconds, cluster, seed=seed)


@pytest.mark.slow
def test_real_dask_workers_take_as_long_as_predicted_even_where_one_is_killed(tmp_path):
    """Units of known length, so the machine's speed has no part in it; a share of it that others take has."""
    pytest.importorskip("distributed")
    from benchmarks.real_workers import trials

    overhead, (whole, killed) = trials(tmp_path, units=24)
    assert 0 < overhead < 0.1
    assert killed.predicted_s > 1.2 * whole.predicted_s
    for one in (whole, killed):
        assert 0.75 < one.ratio < 1.5, one
