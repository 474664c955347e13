"""AUROC, p values and false discovery rates against scipy, naive loops and examples by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import false_discovery_control, mannwhitneyu, rankdata

from dagster_and.method.statistics.auroc import (
    auroc,
    auroc_error,
    auroc_interval,
    contrast,
    contrast_with_rest,
    false_discovery_rate,
    false_discovery_rates,
    mann_whitney_p,
    midranks,
    stratified_interval,
    tie_sums,
)

few_values = st.lists(st.integers(0, 4), min_size=8, max_size=20)


def naive_auroc(values, member):
    pairs = [(a > b) + 0.5 * (a == b) for a in values[member] for b in values[~member]]
    return sum(pairs) / len(pairs)


@given(few_values, st.integers(3, 5))
def test_agrees_with_scipy_and_a_naive_loop_ties_and_all(values: list[int], size: int):
    activation = np.array([values], dtype=np.float32)
    member = np.arange(len(values)) % 7 < size
    ranks = midranks(activation)
    area = auroc(ranks, member[:, None])
    p = mann_whitney_p(area, np.array([member.sum()]), np.array([(~member).sum()]), tie_sums(ranks)[:, None])
    assert area[0, 0] == pytest.approx(naive_auroc(activation[0], member))
    if (~member).sum() < 3:
        assert np.isnan(p[0, 0])
    elif len(set(values)) == 1:
        assert p[0, 0] == 1
    else:
        expected = mannwhitneyu(
            activation[0, member], activation[0, ~member], alternative="greater", method="asymptotic"
        )
        assert p[0, 0] == pytest.approx(min(1.0, expected.pvalue))


def test_normal_approximation_is_near_the_exact_p():
    values = np.random.default_rng(0).normal(size=(1, 40))
    member = np.arange(40) < 12
    values[:, member] += 0.7
    ranks = midranks(values)
    area = auroc(ranks, member[:, None])
    p = mann_whitney_p(area, np.array([12.0]), np.array([28.0]), tie_sums(ranks)[:, None])[0, 0]
    exact = mannwhitneyu(values[0, member], values[0, ~member], alternative="greater", method="exact").pvalue
    assert p == pytest.approx(exact, rel=0.25)


@given(st.lists(few_values.map(lambda values: values[:8]), min_size=1, max_size=5))
def test_midranks_are_those_of_scipy(rows: list[list[int]]):
    values = np.array(rows, dtype=np.float32)
    values[values == 4] = -np.inf
    assert (midranks(values) == rankdata(values, axis=1)).all()
    assert (midranks(values[:, :1]) == 1).all()


def test_a_group_against_the_rest_is_a_contrast_that_leaves_nothing_out():
    random = np.random.default_rng(0)
    values, high = random.integers(0, 30, (40, 50)).astype(np.float32), random.random((40, 50)) < 0.2
    high[0], high[1] = False, True
    one = contrast_with_rest(midranks(values), high)
    other = contrast(values, high, ~high & high.any(axis=1, keepdims=True))
    assert np.array_equal(one.area, other.area, equal_nan=True)
    assert np.array_equal(one.p_value, other.p_value, equal_nan=True)


def test_clips_of_neither_group_change_nothing():
    random = np.random.default_rng(1)
    values, draw = random.integers(0, 30, (40, 50)).astype(np.float32), random.random((40, 50))
    high, low = draw < 0.2, draw > 0.7
    found = contrast(values, high, low)
    alone = [
        contrast(v[None, u], h[None, u], w[None, u]) for v, u, h, w in zip(values, high | low, high, low, strict=True)
    ]
    assert found.area.tolist() == [one.area[0] for one in alone]
    assert found.p_value.tolist() == [one.p_value[0] for one in alone]


def test_rates_of_many_rows_are_those_of_each_row():
    random = np.random.default_rng(2)
    p = random.random((30, 12)).round(1)
    p[random.random(p.shape) < 0.3] = np.nan
    p[0] = np.nan
    expected = np.stack([false_discovery_rate(row) for row in p])
    assert np.array_equal(false_discovery_rates(p), expected, equal_nan=True)


def test_ties_are_read_off_the_ranks():
    values = np.array([[1, 1, 1, 2, 3, 3], [1, 2, 3, 4, 5, 6], [7, 7, 7, 7, 7, 7]])
    assert tie_sums(rankdata(values, axis=1)).tolist() == [24 + 6, 0, 210]


@given(few_values, st.integers(0, 1000))
def test_a_contrast_leaves_other_clips_out(values: list[int], seed: int):
    row = np.array(values, dtype=float)
    part = np.random.default_rng(seed).integers(0, 3, len(row))
    high, low = part == 0, part == 1
    found = contrast(row[None], high[None], low[None])
    area, p = found.area, found.p_value
    kept = high | low
    if not high.any() or not low.any():
        assert np.isnan(area[0])
        assert np.isnan(p[0])
        return
    assert area[0] == pytest.approx(naive_auroc(row[kept], high[kept]))
    if min(high.sum(), low.sum()) >= 3 and len(set(row[kept])) > 1:
        assert p[0] == pytest.approx(
            min(1, mannwhitneyu(row[high], row[low], alternative="greater", method="asymptotic").pvalue)
        )


@pytest.mark.parametrize("neurons", [0, 3])
def test_without_clips_or_neurons_a_contrast_knows_nothing(neurons: int):
    none = np.zeros((neurons, 5), dtype=bool)
    found = contrast(np.ones((neurons, 5)), none, none)
    assert np.array_equal(found.area, np.full(neurons, np.nan), equal_nan=True)
    assert np.array_equal(found.p_value, np.full(neurons, np.nan), equal_nan=True)


def test_contrasts_add_up_pair_by_pair():
    """Two strata whose levels differ: no pair across them counts, and the p value is that of many draws within."""
    random = np.random.default_rng(3)
    values = [random.normal(size=(1, 30)), 5 + random.normal(size=(1, 20))]
    high = [np.arange(30) < 8, np.arange(20) < 5]
    values[0][0, :8] += 0.8
    parts = [contrast(v, h[None], ~h[None]) for v, h in zip(values, high, strict=True)]
    both = parts[0] + parts[1]
    wins = sum(naive_auroc(v[0], h) * h.sum() * (~h).sum() for v, h in zip(values, high, strict=True))
    assert both.area[0] == pytest.approx(wins / (8 * 22 + 5 * 15))
    drawn = [
        sum(naive_auroc(v[0], random.permutation(h)) * h.sum() * (~h).sum() for v, h in zip(values, high, strict=True))
        for _ in range(2000)
    ]
    assert both.p_value[0] == pytest.approx((np.array(drawn) >= wins).mean(), abs=0.02)


def test_an_interval_of_strata_holds_the_true_area_about_19_times_in_20():
    random, member = np.random.default_rng(1), np.arange(60) < 12
    high = np.tile(member, (800, 1))
    parts = [contrast(random.normal(member, 1, (800, 60)) + level, high, ~high) for level in (0, 9)]
    both, size = parts[0] + parts[1], np.stack([part.size for part in parts])
    low, top = stratified_interval(both.area, size, 60 - size)
    assert 0.92 <= ((low <= 0.7602) & (top >= 0.7602)).mean() <= 0.99


def test_the_error_is_hanley_and_mcneils():
    """By hand, 4 / 5 of 5 x 10: (4/25 + 4 (2/3 - 16/25) + 9 (32/45 - 16/25)) / 50; and the example of their paper."""
    error = auroc_error(np.array([4 / 5, 0.893, 1.0]), np.array([5, 51, 5]), np.array([10, 58, 10]))
    assert error[0] == pytest.approx((34 / 1875) ** 0.5)
    assert error[1:] == pytest.approx([0.032, 0], abs=6e-4)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_false_discovery_rate_is_scipys(p: list[float]):
    assert false_discovery_rate(np.array(p)) == pytest.approx(false_discovery_control(p))


def test_no_q_value_is_below_its_p_value():
    """The largest of three p values is scaled by 3 / 3, which rounds below it in one case of twelve."""
    for p in np.random.default_rng(0).random((1000, 3)):
        assert (false_discovery_rate(p) >= p).all()


def test_what_was_not_tested_does_not_count():
    q = false_discovery_rate(np.array([0.01, np.nan, 0.04, np.nan]))
    assert q[[0, 2]].tolist() == pytest.approx([0.02, 0.04])
    assert np.isnan(q[[1, 3]]).all()


def test_an_interval_holds_the_true_area_about_19_times_in_20():
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(1, 1, (600, 25)), random.normal(0, 1, (600, 150))], axis=1)
    member = np.arange(175) < 25
    area = auroc(midranks(values), member[:, None])[:, 0]
    low, high = auroc_interval(area, np.array(25), np.array(150))
    assert 0.92 <= ((low <= 0.7602) & (high >= 0.7602)).mean() <= 0.99  # Phi(1 / sqrt 2)


def test_a_perfect_area_has_an_interval_too():
    low, high = auroc_interval(np.array([1.0]), np.array([5]), np.array([20]))
    assert 0.7 < low[0] < 1
    assert high[0] == 1


areas = st.floats(0, 1, allow_subnormal=False)
sizes = st.integers(1, 400)


@given(areas, sizes, sizes, st.sampled_from([0.9, 0.95, 0.975]))
def test_an_interval_holds_what_was_found_and_is_never_a_point(area: float, size: int, others: int, confidence: float):
    low, high = auroc_interval(np.array([area]), np.array([size]), np.array([others]), confidence)
    assert 0 <= low[0] <= area <= high[0] <= 1
    assert high[0] - low[0] > 1e-3 * min(1, 50 / (size + others))


@given(areas, areas, sizes, sizes)
def test_a_higher_area_has_no_lower_ends(one: float, other: float, size: int, others: int):
    low, high = auroc_interval(np.sort([one, other]), np.array(size), np.array(others))
    assert low[0] <= low[1] + 1e-9
    assert high[0] <= high[1] + 1e-9


@given(areas, sizes, sizes)
def test_it_does_not_matter_which_group_is_called_the_group(area: float, size: int, others: int):
    one = auroc_interval(np.array([area]), np.array(size), np.array(others))
    swapped = auroc_interval(np.array([area]), np.array(others), np.array(size))
    turned = auroc_interval(np.array([1 - area]), np.array(size), np.array(others))
    assert np.ravel(one) == pytest.approx(np.ravel(swapped), abs=1e-8)
    assert np.ravel(one) == pytest.approx(1 - np.ravel(turned)[::-1], abs=1e-6)


@given(areas, sizes, sizes, st.floats(1.1, 5))
def test_more_clips_make_no_wider_interval(area: float, size: int, others: int, times: float):
    few = auroc_interval(np.array([area]), np.array([size]), np.array([others]))
    many = auroc_interval(np.array([area]), np.array([size * times]), np.array([others * times]))
    assert many[0][0] >= few[0][0] - 1e-9
    assert many[1][0] <= few[1][0] + 1e-9


@given(areas, sizes, sizes, st.integers(2, 6))
def test_strata_that_are_alike_have_the_error_of_one_over_the_root_of_their_number(area, size, others, strata):
    """Squared errors of each, weighted by one over their number, add up: the equation of one, so divided."""
    (low,), (high,) = stratified_interval(np.array([area]), np.full((strata, 1), size), np.full((strata, 1), others))
    for a in (low, high):
        f, g = (1 - a) / (2 - a), a / (1 + a)
        far, near = (min(size, others) - 1) * min(f, g), (max(size, others) - 1) * max(f, g)
        variance = a * (1 - a) * (1 + far + near) / (size * others) / strata
        assert (area - a) ** 2 == pytest.approx(1.959963984540054**2 * variance, abs=1e-8)


def test_the_interval_of_the_worked_example_is_where_its_equation_holds():
    """9 of 10 pairs of clips, 5 x 20: (0.9 - a)^2 = z^2 a (1 - a) (1 + 4 f + 19 g) / 100."""
    (low,), (high,) = auroc_interval(np.array([0.9]), np.array([5]), np.array([20]))
    for a in (low, high):
        f, g = (1 - a) / (2 - a), a / (1 + a)
        variance = a * (1 - a) * (1 + 4 * min(f, g) + 19 * max(f, g)) / 100
        assert (0.9 - a) ** 2 == pytest.approx(1.959964**2 * variance, rel=1e-5)


@pytest.mark.parametrize("area", [0.95, 0.98, 0.995])
@pytest.mark.parametrize("size", [5, 10, 20])
@pytest.mark.parametrize("others", [60, 220])
def test_near_one_an_interval_still_holds_the_true_area(area: float, size: int, others: int):
    """Normal scores, 2,000 draws; the lower end of what 93 % would give."""
    random = np.random.default_rng(size + others)
    apart = float(np.sqrt(2) * ndtri(area))
    values = np.concatenate([random.normal(apart, 1, (2000, size)), random.normal(0, 1, (2000, others))], axis=1)
    member = np.arange(size + others) < size
    low, high = auroc_interval(auroc(midranks(values), member[:, None])[:, 0], np.array(size), np.array(others))
    assert ((low <= area) & (area <= high)).mean() >= 0.93
