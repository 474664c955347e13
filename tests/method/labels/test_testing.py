"""Cross-fitted tests: by hand, against naive loops, and on activations that follow nothing."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from dagster_and.method.labels.forms import Literals
from dagster_and.method.labels.testing import PARTS, Neurons, cross_fitted, parts_of, scored

CLIPS = 60
RANDOM = np.random.default_rng(0)
PARTS_OF_CLIPS = np.arange(CLIPS) % 5
EVERYTHING = np.ones(CLIPS, dtype=bool)


def test_auroc_counts_pairs_of_one_part():
    values = RANDOM.integers(0, 9, size=(3, CLIPS)).astype(np.float32)
    truth = RANDOM.random((3, CLIPS)) < 0.4
    found = scored(Neurons.of(values), truth, EVERYTHING, PARTS_OF_CLIPS)
    for row in range(3):
        pairs = [
            (values[row, a] > values[row, b]) + 0.5 * (values[row, a] == values[row, b])
            for a, b in product(np.flatnonzero(truth[row]), np.flatnonzero(~truth[row]))
            if PARTS_OF_CLIPS[a] == PARTS_OF_CLIPS[b]
        ]
        assert found["auroc"][row] == pytest.approx(np.mean(pairs))


def test_with_one_part_p_is_scipys_ties_and_all():
    values = RANDOM.integers(0, 9, size=(1, CLIPS)).astype(np.float32)
    truth = RANDOM.random((1, CLIPS)) < 0.4
    parts = np.arange(CLIPS) % 2
    members = parts == 1
    found = scored(Neurons.of(values), truth, members, parts)
    own, others = values[0, members & truth[0]], values[0, members & ~truth[0]]
    expected = mannwhitneyu(own, others, alternative="greater", method="asymptotic").pvalue
    assert found["p_value"][0] == pytest.approx(expected)
    assert (found["auroc_low"][0], found["auroc_high"][0]) == (0, 1)  # one part can't be left out


def test_overlap_by_hand():
    values = np.zeros((1, 12), dtype=np.float32)
    values[0, :4] = [3, 3, 3, 3]
    truth = np.array([[True] * 3 + [False] + [True] * 2 + [False] * 6])
    found = scored(Neurons.of(values), truth, np.ones(12, dtype=bool), np.arange(12) % 2)
    assert found["effective_clips"][0] == pytest.approx(4)
    assert found["iou"][0] == pytest.approx(3 / 6)
    assert found["accounts_for"][0] == pytest.approx(3 / 4)
    assert found["precision"][0] == pytest.approx(3 / 4)


def test_no_clip_has_a_say_in_the_form_that_speaks_of_it():
    truth = (RANDOM.random((CLIPS, 12)) < 0.3).astype(np.int8)
    values = RANDOM.normal(size=(20, CLIPS)).astype(np.float32)
    changed = values.copy()
    changed[:, PARTS_OF_CLIPS == 3] = RANDOM.normal(size=(20, 12))
    before, after = (cross_fitted(Neurons.of(one), Literals(truth), PARTS_OF_CLIPS)[0] for one in (values, changed))
    near = np.median(values, axis=1) - np.median(changed, axis=1)  # the median is that of all clips
    same = (before.truth == after.truth)[:, PARTS_OF_CLIPS == 3].all(axis=1)
    assert same.mean() > 0.8, near
    assert not (before.truth == after.truth)[:, PARTS_OF_CLIPS != 3].all()


def test_parts_are_folds_or_five_seeded_ones():
    assert parts_of([1, 2, 1, 2]).tolist() == [0, 1, 0, 1]
    assert sorted(np.bincount(parts_of([None] * 50)).tolist()) == [10] * 5
    assert parts_of([None] * 50, 1).tolist() != parts_of([None] * 50, 2).tolist()
    many = parts_of(list(range(10)) * 4)
    assert many.max() + 1 == PARTS
    assert len({(fold, part) for fold, part in zip(list(range(10)) * 4, many.tolist(), strict=True)}) == 10


def test_a_perfect_form_of_few_clips_has_an_interval_ties_and_all():
    truth = np.zeros((1, 240), dtype=bool)
    truth[0, :20] = True
    for values in (RANDOM.normal(size=(1, 240)) + 20 * truth, 1.0 * truth):
        found = scored(Neurons.of(values.astype(np.float32)), truth, np.ones(240, dtype=bool), np.arange(240) % 5)
        assert found["auroc"][0] == 1
        assert 0.85 < found["auroc_low"][0] < 0.95
        assert found["auroc_high"][0] == 1


def test_the_interval_holds_the_true_area_of_a_neuron_that_is_silent_on_all_but_most_clips_of_its_form():
    truth = np.zeros((500, 240), dtype=bool)
    truth[:, :20] = True
    values = (truth & (np.random.default_rng(1).random(truth.shape) < 0.9)).astype(np.float32)
    found = scored(Neurons.of(values), truth, np.ones(240, dtype=bool), np.arange(240) % 5)
    assert ((found["auroc_low"] <= 0.95) & (found["auroc_high"] >= 0.95)).mean() >= 0.93


def test_the_interval_of_a_neuron_that_is_silent_on_most_clips_is_as_wide_as_its_areas_scatter():
    """It fires on ten of 240 clips, whatever they are: nearly all pairs are ties, or of two clips that tell nothing."""
    firing = np.argsort(np.random.default_rng(2).random((800, 240)), axis=1) < 10
    truth = np.tile(np.arange(240) < 40, (800, 1))
    neurons = Neurons.of(firing.astype(np.float32)).as_they_fire(np.ones(800, dtype=bool))
    found = scored(neurons, truth, np.ones(240, dtype=bool), np.arange(240) % 5)
    reach = (found["auroc_high"] - found["auroc_low"]).mean() / 2
    assert reach == pytest.approx(1.96 * found["auroc"].std(), rel=0.15)
