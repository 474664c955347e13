"""Exactly the chosen rows are zero, nothing else moves, and every bit comes back."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dagster_and.errors import UserError
from dagster_and.targets.cutting import cut, cut_out
from dagster_and.targets.target import Target, open_target


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
        ({"norm": [0]}, "is a LayerNorm"),
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


def test_a_cut_neuron_says_nothing(ast: str):
    target: Target = open_target(ast)
    name = target.layers[1].name
    outputs: list[torch.Tensor] = []
    target.model.get_submodule(name).register_forward_hook(lambda _m, _i, output: outputs.append(output))
    with torch.inference_mode(), cut_out(target.model, {name: [2, 7]}):
        target.model(input_values=torch.randn(2, 64, 128))
    assert (outputs[0][..., [2, 7]] == 0).all()
    assert (outputs[0][..., [0, 1, 3]] != 0).any()
