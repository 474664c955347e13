"""Each similarity function against a naive loop, against numbers worked out by hand, and against its own symmetries."""

import itertools
import math
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.foundation.home import REPOSITORY
from dagster_and.method.closed_concepts.similarity import BUFFER_ELEMENTS, Layer, Match, refuse_other_clips
from dagster_and.method.closed_concepts.similarity import SIMILARITIES as OF_COMPARED
from tests.method.closed_concepts import naive_similarity as naive


def score(function, match: torch.Tensor, activation: torch.Tensor) -> torch.Tensor:
    """A function's scores of P "clip concept" and A "clip neuron"."""
    pair = Match(match), Layer(activation.T)
    refuse_other_clips(*pair)
    return function(*pair)


SIMILARITIES = {name: partial(score, f) for name, f in OF_COMPARED.items()}
FUNCTIONS = list(SIMILARITIES.items())
EACH = pytest.mark.parametrize(("name", "function"), FUNCTIONS, ids=[name for name, _ in FUNCTIONS])


def example(clips: int, neurons: int, concepts: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    match = torch.softmax(3 * torch.randn(clips, concepts, generator=generator), dim=1)
    return match, torch.randn(clips, neurons, generator=generator)


@EACH
@pytest.mark.parametrize("shape", [(150, 6, 4), (30, 3, 5), (7, 2, 3), (1, 2, 2), (2, 1, 1)])
def test_equals_the_naive_loop(name, function, shape):
    match, activation = example(*shape)
    expected = torch.tensor(getattr(naive, name)(match.tolist(), activation.tolist()), dtype=torch.float64)
    torch.testing.assert_close(function(match, activation), expected, rtol=1e-9, atol=1e-9)


@EACH
def test_equals_the_naive_loop_where_activations_tie(name, function):
    match, activation = example(120, 4, 3, seed=1)
    activation = activation.round()  # many clips share a value: the order of the clips decides
    expected = torch.tensor(getattr(naive, name)(match.tolist(), activation.tolist()), dtype=torch.float64)
    torch.testing.assert_close(function(match, activation), expected, rtol=1e-9, atol=1e-9)


def test_cosine_by_hand():
    """a = (3, 4), concepts (1, 0) and (0, 2): cosines 3/5 and 4/5."""
    score = SIMILARITIES["cosine"](torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
    assert score.tolist()[0] == pytest.approx([0.6, 0.8])


def test_cosine_cubed_by_hand():
    """a = (0, 1, 5): minus the mean 2 is (-2, -1, 3), cubed (-8, -1, 27).
    p = (0, 0, 3): minus the mean 1 is (-1, -1, 2), cubed (-1, -1, 8)."""
    score = SIMILARITIES["cosine_cubed"](torch.tensor([[0.0], [0.0], [3.0]]), torch.tensor([[0.0], [1.0], [5.0]]))
    assert float(score) == pytest.approx((8 + 1 + 216) / math.sqrt(64 + 1 + 729) / math.sqrt(1 + 1 + 64))


def test_wpmi_by_hand():
    """Two clips, one neuron: its own reference, so what is left is 0.4 of the log evidence."""
    match = torch.tensor([[0.5, 0.0], [0.0, 0.5]])
    e = math.e
    evidence = math.log(e / (e + 1) + 1e-7) + math.log(1 / (e + 1) + 1e-7)
    assert float(SIMILARITIES["wpmi"](match, torch.tensor([[1.0], [0.0]]))[0, 0]) == pytest.approx(0.4 * evidence)


def test_rank_reorder_by_hand():
    """Two top clips with activations 3 and 1; a concept in the same order errs 0, in the other order by |2|^3 each.
    Over random orders half of the pairs differ by 2: expectation 8 / 2 = 4; so the ratio is 8 / 4 = 2."""
    match = torch.tensor([[0.9, 0.16], [0.1, 0.09 + 0.25]])
    score = SIMILARITIES["rank_reorder"](match, torch.tensor([[3.0], [1.0]]))
    assert score.tolist()[0] == pytest.approx([0.0, -2 / math.sqrt(0.25)])


def test_the_expectation_of_rank_reorder_is_that_over_all_orders():
    values = [0.3, 1.0, 2.5, 7.0]
    over_orders = [
        sum(abs(a - b) ** 3 for a, b in zip(values, order, strict=True)) / 4 for order in itertools.permutations(values)
    ]
    from dagster_and.method.closed_concepts.similarity import _mean_over_pairs

    exact = _mean_over_pairs(torch.tensor(values, dtype=torch.float64)[None])
    assert float(exact) == pytest.approx(sum(over_orders) / len(over_orders))


@EACH
def test_a_neuron_that_follows_a_concept_is_named_by_it(name, function):
    match, _ = example(200, 1, 6, seed=2)
    scores = function(match, match.clone())
    assert scores.argmax(dim=1).tolist() == list(range(6)), name


@EACH
def test_a_dead_neuron_gets_finite_scores(name, function):
    match, activation = example(60, 3, 4)
    activation[:, 1] = 0.0
    activation[:, 2] = -7.5
    match[:, 2] = 0.0
    assert torch.isfinite(function(match, activation)).all(), name


@EACH
@given(data=st.data())
def test_the_order_of_neurons_and_concepts_does_not_matter(name, function, data):
    match, activation = example(40, 4, 5)
    neurons = data.draw(st.permutations(range(4)))
    concepts = data.draw(st.permutations(range(5)))
    expected = function(match, activation)[neurons][:, concepts]
    torch.testing.assert_close(function(match[:, concepts], activation[:, neurons]), expected)


@EACH
@given(order=st.permutations(range(40)))
def test_the_order_of_clips_does_not_matter_where_no_activations_tie(name, function, order):
    match, activation = example(40, 3, 4)
    torch.testing.assert_close(function(match[order], activation[order]), function(match, activation))


@pytest.mark.parametrize("name", ["cosine", "wpmi", "soft_wpmi", "rank_reorder"])
@given(scale=st.floats(0.01, 100))
def test_the_scale_of_activations_does_not_matter(name, scale):
    match, activation = example(50, 3, 4)
    expected = SIMILARITIES[name](match, activation.double())
    torch.testing.assert_close(SIMILARITIES[name](match, activation.double() * scale), expected)


@EACH
def test_what_is_not_a_number_is_refused_and_found(name, function):
    match, activation = example(5, 3, 2)
    activation[3, 1] = float("nan")
    with pytest.raises(ValueError, match="A is not finite at clip 3, column 1"):
        function(match, activation)
    with pytest.raises(ValueError, match="clips must agree"):
        function(match, activation[:3])


def test_neurons_are_taken_in_spans_that_fit_the_buffer():
    spans = list(Layer(torch.ones(10, 2)).spans(BUFFER_ELEMENTS // 4))
    assert [(s.start, s.stop) for s in spans] == [(0, 4), (4, 8), (8, 10)]
    match, activation = example(2000, 300, 50)
    whole = SIMILARITIES["rank_reorder"](match, activation)
    torch.testing.assert_close(whole[250:], SIMILARITIES["rank_reorder"](match, activation[:, 250:]))


def test_what_stands_in_for_zero_over_zero():
    """The cases of docs/similarity.md: a dead neuron, a constant one, a concept that matches nothing."""
    match, activation = example(60, 3, 4)
    activation[:, 1], activation[:, 2] = 0.0, -7.5
    match[:, 2] = 0.0
    assert SIMILARITIES["cosine"](match, activation)[1].tolist() == [0.0] * 4
    assert SIMILARITIES["cosine"](match, activation)[:, 2].tolist() == [0.0] * 3
    assert SIMILARITIES["cosine_cubed"](match, activation)[1:].abs().max() == 0
    reordered = SIMILARITIES["rank_reorder"](match, activation)
    first = match[:3].double().mean(dim=0)  # all tie: the top 5 % of 60 are the first three clips
    torch.testing.assert_close(reordered[2, [0, 1, 3]], -1 / first[[0, 1, 3]] ** 0.5)
    assert reordered[2, 2] == -1 / 1e-12**0.5


def test_the_page_explains_every_function():
    page = (REPOSITORY / "docs" / "similarity.md").read_text(encoding="utf-8")
    scores, stand_ins = page.split("## What stands in for 0 / 0")
    for name in SIMILARITIES:
        assert f"| `{name}` |" in scores
        assert f"`{name}`" in stand_ins
