"""Exactly the chosen rows are zero, nothing else moves, and every bit comes back."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dagster_and.foundation.errors import UserError
from dagster_and.targets.cutting.rows import cut, cut_out, says_the_same, silenced, silences
from dagster_and.targets.target import Target
from dagster_and.targets.transformers.opening import open_transformers


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.ModuleDict(
        {"a": nn.Linear(3, 5), "b": nn.Linear(5, 4, bias=False), "norm": nn.LayerNorm(4), "head": nn.Linear(4, 2)}
    )


def state(model: nn.Module) -> dict[str, torch.Tensor]:
    return copy.deepcopy(model.state_dict())


def same_bits(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[n].view(torch.int32), other[n].view(torch.int32)) for n in one)


rows = st.fixed_dictionaries(
    {}, optional={"a": st.lists(st.integers(0, 4), unique=True), "b": st.lists(st.integers(0, 3), unique=True)}
)


@given(rows=rows)
def test_exactly_the_chosen_rows_are_zero_and_come_back_bit_for_bit(rows: dict[str, list[int]]):
    model = network()
    before = state(model)
    with cut_out(model, rows):
        during = state(model)
        for name, tensor in during.items():
            layer, kind = name.rsplit(".", 1)
            chosen = set(rows.get(layer, [])) if kind in ("weight", "bias") else set()
            for row in range(len(tensor)):
                expected = torch.zeros_like(tensor[row]) if row in chosen else before[name][row]
                assert torch.equal(tensor[row], expected), (name, row)
    assert same_bits(state(model), before)


def test_the_network_comes_back_after_an_error():
    model = network()
    before = state(model)

    def fail() -> None:
        with cut_out(model, {"a": [0, 3]}):
            assert not same_bits(state(model), before)
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fail()
    assert same_bits(state(model), before)


def test_odd_bits_come_back_too():
    """Negative zero and a denormal are equal to other numbers in value, not in bits."""
    model = network()
    with torch.no_grad():
        model["a"].weight[1] = torch.tensor([-0.0, 1e-45, float("inf")])
    before = state(model)
    with cut_out(model, {"a": [1]}):
        pass
    assert same_bits(state(model), before)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({"c": [0]}, "no layer 'c'"),
        ({"norm": [0]}, "is a LayerNorm: neurons are cut out of linear and convolutional layers"),
        ({"a": [0], "b": [4]}, "rows 0 to 3"),
        ({"a": [-1]}, "-1"),
    ],
)
def test_what_cannot_be_cut_is_refused_before_anything_moves(rows: dict, sentence: str):
    model = network()
    before = state(model)
    with pytest.raises(UserError, match=sentence):
        cut(model, rows)
    with pytest.raises(UserError, match=sentence), cut_out(model, rows):
        pass
    assert same_bits(state(model), before)


CONVOLUTIONS = {
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3), (2, 4, 9)),
    "Conv1d-groups": (lambda: nn.Conv1d(4, 6, 3, groups=2, bias=False), (2, 4, 9)),
    "Conv2d": (lambda: nn.Conv2d(4, 6, 3), (2, 4, 5, 9)),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(4, 6, 3, stride=2), (2, 4, 9)),
    "ConvTranspose2d-groups": (lambda: nn.ConvTranspose2d(4, 6, 3, groups=2), (2, 4, 5, 9)),
}


LAYERS = CONVOLUTIONS | {
    "Linear": (lambda: nn.Linear(9, 6), (2, 4, 9)),
    "Linear-clips": (lambda: nn.Linear(9, 6, bias=False), (3, 9)),
}


def network_and_sound(kind: str) -> tuple[nn.Module, torch.Tensor]:
    make, shape = LAYERS[kind]
    torch.manual_seed(0)
    return nn.Sequential(make()), torch.randn(shape)


@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_exactly_the_cut_channels_of_a_convolution_say_nothing_and_come_back(kind: str):
    model, sound = network_and_sound(kind)
    before, whole = state(model), model(sound)
    with cut_out(model, {"0": [1, 4, 5]}):
        said = model(sound)
    assert (said[:, [1, 4, 5]] == 0).all()
    assert torch.equal(said[:, [0, 2, 3]], whole[:, [0, 2, 3]])
    assert (whole[:, [1, 4, 5]] != 0).any()
    assert same_bits(state(model), before)
    with pytest.raises(UserError, match="rows 0 to 5: row 6"):
        cut(model, {"0": [6]})


def test_a_weight_that_is_computed_anew_is_refused():
    """Zeros written into it would be gone by the next pass."""
    for normalised in (nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm):
        with pytest.raises(UserError, match="0 has a weight that is computed anew"):
            cut(nn.Sequential(normalised(nn.Conv1d(2, 2, 1))), {"0": [0]})


def test_a_cut_neuron_says_nothing(ast: str):
    target: Target = open_transformers(ast)
    name = target.layers[1].name
    outputs: list[torch.Tensor] = []
    target.model.get_submodule(name).register_forward_hook(lambda _m, _i, output: outputs.append(output))
    with torch.inference_mode(), cut_out(target.model, {name: [2, 7]}):
        target.model(input_values=torch.randn(2, 64, 128))
    assert (outputs[0][..., [2, 7]] == 0).all()
    assert (outputs[0][..., [0, 1, 3]] != 0).any()


@pytest.mark.parametrize("kind", LAYERS)
def test_silenced_neurons_are_what_zeroed_weights_come_to_and_no_weight_moves(kind: str):
    model, sound = network_and_sound(kind)
    before, whole = state(model), model(sound)
    with cut_out(model, {"0": [5, 1]}):
        zeroed = model(sound)
    with silenced(silences(model, {"0": [5, 1]})):
        assert torch.equal(model(sound), zeroed)
        assert not torch.equal(zeroed, whole)
        assert same_bits(state(model), before)
    assert torch.equal(model(sound), whole)
    assert says_the_same(model, ["0"], lambda: model(sound))
    assert same_bits(state(model), before)


def test_the_network_speaks_again_after_an_error():
    model, sound = network()["a"], torch.ones(2, 3)
    whole = model(sound)

    def fail() -> None:
        with silenced(silences(nn.ModuleDict({"a": model}), {"a": [0, 3]})):
            assert not torch.equal(model(sound), whole)
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        fail()
    assert torch.equal(model(sound), whole)


@pytest.mark.parametrize(
    ("rows", "sentence"), [({"c": [0]}, "no layer 'c'"), ({"b": [4]}, "row 4"), ({"norm": [0]}, "is")]
)
def test_what_cannot_be_silenced_is_refused(rows: dict, sentence: str):
    with pytest.raises(UserError, match=sentence):
        silences(network(), rows)


class Tied(nn.Module):
    """Two layers with one weight: what is zeroed in one is zero in the other."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.second.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x))


class Functional(nn.Module):
    """A weight that is also used without its layer."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(self.first(x), self.first.weight)


@pytest.mark.parametrize("kind", [Tied, Functional])
def test_silence_is_not_trusted_where_a_weight_is_used_elsewhere_too(kind: type[nn.Module]):
    model, sound = kind(), torch.ones(2, 4)
    before = state(model)
    assert not says_the_same(model, ["first"], lambda: model(sound))
    assert same_bits(state(model), before)
