"""The vectorised search against a loop over every form, and what decides between forms."""

from itertools import product

import numpy as np
import pytest

from dagster_and.method.labels import choice
from dagster_and.method.labels.choice import LEAST_GAIN, luck
from dagster_and.method.labels.forms import Form, Forms, Literals
from dagster_and.method.labels.search import COMPARABLE, forms_tried, search
from dagster_and.method.labels.testing import Neurons
from dagster_and.method.statistics.auroc import auroc_error

CLIPS, ATOMS, NEURONS = 48, 3, 10


def random_world(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = (random.random((CLIPS, ATOMS)) < 0.35).astype(np.int8)
    truth[:12, 0] = -1
    held = truth == 1
    one, two, three = held.T
    shapes = [two, two & three, two | three, two & ~three, one & False]
    activation = np.stack([random.normal(size=CLIPS) + 2.5 * shapes[i % 5] for i in range(NEURONS)])
    return truth, np.round(activation, 1).astype(np.float32)


def naive_truth(truth: np.ndarray, literals: tuple[int, ...], is_or: tuple[bool, ...]) -> np.ndarray:
    held = [truth[:, i % ATOMS] == (1 if i < ATOMS else 0) for i in literals]
    result = held[0]
    for operator, following in zip(is_or, held[1:], strict=True):
        result = result | following if operator else result & following
    return result


def naive_auroc(values: np.ndarray, group: np.ndarray) -> float:
    own, others = values[group][:, None], values[~group]
    return float(((own > others) + 0.5 * (own == others)).mean())


def naive_bound(values: np.ndarray, held: np.ndarray, tried: int) -> float:
    size, others = int(held.sum()), int((~held).sum())
    if min(size, others) < 3:
        return -np.inf
    wrong = 1 - (naive_auroc(values, held) * size * others + 0.5) / (size * others + 1)
    return 1 - wrong * luck(len(values), tried)[min(size, others)]


def naive_forms(truth: np.ndarray, values: np.ndarray, carried: np.ndarray, length: int) -> dict:
    """Every form of a length that may be taken, with its clips."""
    found = {}
    for literals in product(range(2 * ATOMS), repeat=length):
        if len({i % ATOMS for i in literals}) < length:
            continue
        for is_or in product((False, True), repeat=length - 1):
            alternatives = [literals[0], *(i for i, op in zip(literals[1:], is_or, strict=True) if op)]
            if any(is_or) and max(alternatives) >= ATOMS:
                continue
            if is_or and is_or[-1]:
                sides = [carried[naive_truth(truth, literals[:-1], is_or[:-1])].sum(),
                         carried[naive_truth(truth, literals[-1:], ())].sum()]  # fmt: skip
                if min(sides) < COMPARABLE * max(sides) - 1e-5:
                    continue
            found[literals, is_or] = naive_truth(truth, literals, is_or)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_what_a_loop_over_all_forms_finds(seed: int):
    truth, activation = random_world(seed)
    literals, neurons = Literals(truth), Neurons.of(activation)
    members = np.arange(CLIPS) % 6 != 0
    every = (100_000, 100_000)
    ends = search(neurons.order, members, neurons.carried, literals, beam=every)
    for (is_wide, found), row in product(enumerate(ends), range(NEURONS)):
        values, carried = activation[row, members], neurons.carried[row, members]
        form = Form.at(found.forms, row, ATOMS)
        held = found.forms.rows(np.array([row])).truth(literals.rows)[0, members]
        assert found.auroc[row] == pytest.approx(naive_auroc(values, held))
        bounds = []
        for length in (1, 2, 3):
            forms = naive_forms(truth[members], values, carried, length)
            tried = _tried(length)
            bounds.append({
                key: naive_bound(values, held, tried)
                for key, held in forms.items() if (held.sum() > (~held).sum()) == is_wide
            })  # fmt: skip
        best = [max(level.values(), default=-np.inf) for level in bounds]
        expected_length, floor = _length(best, bounds, truth[members], values, carried)
        assert len(form.atoms) == expected_length
        chosen = _narrowest(bounds[expected_length - 1], floor, truth[members], values, carried)
        key = (tuple(a + ATOMS * d for a, d in zip(form.atoms, form.is_denied, strict=True)), form.is_or)
        same = naive_truth(truth[members], *chosen)
        assert (naive_truth(truth[members], *key) == same).all() or key == chosen


def _tried(length: int) -> int:
    """Forms that the search scores at a length: all literals, on the forms that it keeps."""
    if length == 1:
        return 2 * ATOMS
    kept = 2 * 2 * ATOMS if length == 2 else 2 * 2 * ATOMS * 2 * 2 * ATOMS * 2
    return kept * 3 * ATOMS


def _error(values: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    def components(group):
        wins = (values[group][:, None] > values[~group]) + 0.5 * (values[group][:, None] == values[~group])
        own = np.zeros(len(values))
        own[group] = (wins.mean(axis=1) - wins.mean()) / group.sum()
        own[~group] = (wins.mean(axis=0) - wins.mean()) / (~group).sum()
        return own

    return float(np.sqrt(np.square(components(first) - components(second)).sum()))


def _length(best, bounds, truth, values, carried) -> tuple[int, float]:
    length, led, floor = 1, best[0], 0.5
    leader = naive_truth(truth, *max(bounds[0], key=bounds[0].get))
    for following in (2, 3):
        needed = led + LEAST_GAIN * (following - length)
        if best[following - 1] < needed:
            continue
        held = naive_truth(truth, *max(bounds[following - 1], key=bounds[following - 1].get))
        gain = naive_auroc(values, held) - naive_auroc(values, leader)
        if gain >= 1.6448536 * _error(values, held, leader) or _tells_more(held, leader, _effective(values, carried)):
            length, led, leader, floor = following, best[following - 1], held, max(0.5, needed)
    return length, floor


def _tells_more(longer, shorter, effective) -> bool:
    gained = ((longer == effective) & (shorter != effective)).sum()
    lost = ((longer != effective) & (shorter == effective)).sum()
    return gained - lost >= 1.6448536 * max(gained + lost, 1) ** 0.5


def _effective(values, carried) -> np.ndarray:
    size = round(float(carried.sum() ** 2 / np.square(carried).sum()))
    ranks = np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])
    return (ranks > len(values) - size + 0.5) & (carried > 0)


def _narrowest(level, floor, truth, values, carried) -> tuple:
    key = max(level, key=level.get)
    held = naive_truth(truth, *key)
    pairs = held.sum() * (~held).sum()
    area = (naive_auroc(values, held) * pairs + 0.5) / (pairs + 1)
    error = float(auroc_error(np.array(area), held.sum(), (~held).sum()))
    effective = _effective(values, carried)

    def merit(one):
        own = naive_truth(truth, *one)
        return (own & effective).sum() / (own | effective).sum() + 1e-6 * level[one]

    def is_alike(one):
        return naive_auroc(values, naive_truth(truth, *one)) >= naive_auroc(values, held) - error

    return max((one for one in level if level[one] >= min(floor, level[key]) and is_alike(one)), key=merit)


@pytest.mark.parametrize(
    ("gained", "lost", "tells"),
    [(10, 3, True), (10, 4, False), (3, 0, True), (2, 0, False), (0, 0, False), (0, 9, False)],
)
def test_a_longer_form_tells_more_if_it_is_right_of_so_many_more_clips_that_mcnemars_test_says_so(gained, lost, tells):
    """One-sided at 5 %: of n clips that one of the two alone is right of, 1.645 sqrt n more. Others don't count."""
    effective, members = np.zeros((1, 40), dtype=bool), np.arange(40) < 20
    clips = np.arange(40)
    shorter = ((clips < gained) | (clips >= 20))[None]
    longer = ((clips >= gained) & (clips < gained + lost))[None]
    assert choice._tells_more(longer, shorter, effective, members).tolist() == [tells]


def test_the_forms_that_are_tried_are_all_literals_and_each_of_the_beam_with_each_again():
    """Of three atoms, one of which may not be denied: 5 literals, then twice 2 forms AND 5 literals, OR 3 atoms."""
    literals = Literals(np.zeros((9, 3), dtype=np.int8), np.array([True, False, True]))
    assert forms_tried(literals, 2) == 5 + 2 * 2 * (5 + 3)
    assert forms_tried(literals, 10) == 5 + 2 * 5 * (5 + 3)


def test_what_luck_takes_by_hand():
    """z of 1 - 1 / 8000 is 3.6623; k = 40: (1 - 1 / 360 - 3.6623 / 3 sqrt 40)^-3."""
    assert luck(400, 8000)[[5, 40, 400]] == pytest.approx([12.42, 1.92, 1.21], abs=0.005)
    assert luck(40, 8000)[40] == pytest.approx((1 - 1 / 360 - 3.6623 / (3 * 40**0.5)) ** -3, rel=1e-4)


def test_what_luck_takes_shrinks_with_clips_and_grows_with_tries():
    factor = luck(1000, 8000)
    assert np.isinf(factor[:3]).all()
    assert (np.diff(factor[3:]) < 0).all()
    assert (luck(1000, 500)[3:] < factor[3:]).all()
    assert factor[1000] == pytest.approx(1, abs=0.15)


def test_noise_rarely_gets_a_bound_over_one_half():
    random = np.random.default_rng(3)
    truth = (random.random((300, 60)) < random.uniform(0.02, 0.4, 60)).astype(np.int8)
    neurons = Neurons.of(random.normal(size=(300, 300)).astype(np.float32))
    found, _ = search(neurons.order, np.ones(300, dtype=bool), neurons.carried, Literals(truth))
    held = found.forms.truth(Literals(truth).rows).sum(axis=1)
    bound = 1 - (1 - found.auroc) * luck(300, 60 * 2)[np.minimum(held, 300 - held)]
    assert (bound > 0.5).mean() < 0.75  # the best of 120 literals has one such form in about one search
    assert np.median(bound) < 0.55


def test_a_narrow_form_says_where_a_neuron_is_active_and_a_wide_one_where_it_is_not():
    random = np.random.default_rng(5)
    siren, engine = np.arange(200) < 40, np.arange(200) >= 170
    truth = np.stack([siren, engine], axis=1).astype(np.int8)
    neurons = Neurons.of((random.normal(size=(20, 200)) + 3 * siren - 3.5 * engine).astype(np.float32))
    narrow, wide = search(neurons.order, np.ones(200, dtype=bool), neurons.carried, Literals(truth))
    assert (narrow.forms.literals[:, 0] == 0).all()
    assert (wide.forms.literals[:, 0] == 3).all()


def test_what_may_not_be_denied_is_not():
    truth = (np.arange(100) < 30)[:, None].astype(np.int8)
    neurons = Neurons.of(-np.arange(200, dtype=np.float32).reshape(2, 100) * [[1], [-1]])
    for deniable, expected in (([True], [0, 1]), ([False], [0])):
        literals = Literals(truth, np.array(deniable))
        ends = search(neurons.order, np.ones(100, dtype=bool), neurons.carried, literals)
        said = {int(one) for found in ends for one in found.forms.literals[:, 0]} - {literals.nothing}
        assert sorted(said) == expected


def test_of_forms_that_rank_alike_the_narrow_one_is_taken():
    octave = np.arange(100) < 30
    note = np.arange(100) < 5
    truth = np.stack([octave, note], axis=1).astype(np.int8)
    activation = np.exp(-np.square(np.arange(100.0) / 4))[None].astype(np.float32)
    neurons = Neurons.of(activation)
    found, _ = search(neurons.order, np.ones(100, dtype=bool), neurons.carried, Literals(truth))
    assert Form.at(found.forms, 0, 2).atoms == (1,)


def test_where_no_form_is_fit_none_is_found():
    neurons = Neurons.of(np.random.default_rng(0).normal(size=(2, 20)).astype(np.float32))
    literals = Literals((np.arange(20) < 2)[:, None].astype(np.int8))
    for found in search(neurons.order, np.ones(20, dtype=bool), neurons.carried, literals):
        assert np.isnan(found.auroc).all()
        assert not found.forms.truth(literals.rows).any()


def test_barred_atoms_stay_out():
    truth, activation = random_world(0)
    neurons = Neurons.of(activation)
    barred = np.zeros((NEURONS, 2 * ATOMS), dtype=bool)
    barred[:, [1, 1 + ATOMS]] = True
    for found in search(neurons.order, np.ones(CLIPS, dtype=bool), neurons.carried, Literals(truth), barred):
        assert all(1 not in Form.at(found.forms, row, ATOMS).atoms for row in range(NEURONS))


def test_a_subset_per_neuron_is_searched_as_if_it_were_all_clips():
    truth, activation = random_world(1)
    neurons = Neurons.of(activation)
    members = np.arange(CLIPS) % 3 != 0
    literals = Literals(truth)
    shared = search(neurons.order, members, neurons.carried, literals)
    own = search(neurons.order, np.repeat(members[None], NEURONS, axis=0), neurons.carried, literals)
    for one, other in zip(own, shared, strict=True):
        assert isinstance(one.forms, Forms)
        assert one.forms.literals.tolist() == other.forms.literals.tolist()
        assert one.auroc.tolist() == pytest.approx(other.auroc.tolist(), nan_ok=True)
