"""Forms of atoms whose truth may be unknown, by hand and against a naive loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.labels.forms import Form, Forms, Literals, clips_of
from dagster_and.method.labels.modes import _joined

TRUTH = np.array([[1, 1, 0], [1, 0, -1], [0, -1, 1], [-1, 0, 0]], dtype=np.int8)
LITERALS = Literals(TRUTH)


def one(literals: list[int], is_or: tuple[bool, bool] = (False, False)) -> Forms:
    filled = literals + [LITERALS.everything] * (3 - len(literals))
    return Forms(np.array([filled]), np.array([is_or]))


def test_what_is_unknown_is_false_and_so_is_its_negation():
    assert one([0]).truth(LITERALS.rows)[0].tolist() == [True, True, False, False]
    assert one([3]).truth(LITERALS.rows)[0].tolist() == [False, False, True, False]
    assert one([1]).truth(LITERALS.rows)[0].tolist() == [True, False, False, False]
    assert one([4]).truth(LITERALS.rows)[0].tolist() == [False, True, False, True]


def test_operators_go_from_left_to_right():
    assert one([0, 1, 2], (False, True)).truth(LITERALS.rows)[0].tolist() == [True, False, True, False]
    assert one([0, 1, 5], (True, False)).truth(LITERALS.rows)[0].tolist() == [True, False, False, False]


def test_logic_has_parentheses_where_operators_differ():
    names = ["a", "b", "c"]
    assert Form.at(one([0, 4, 2], (False, True)), 0, 3).in_logic(names) == "(a AND NOT b) OR c"
    assert Form.at(one([0, 1, 5], (True, False)), 0, 3).in_logic(names) == "(a OR b) AND NOT c"
    assert Form.at(one([0, 1, 2]), 0, 3).in_logic(names) == "a AND b AND c"
    assert Form.at(one([4]), 0, 3).in_logic(names) == "NOT b"


def test_two_forms_are_one_if_they_have_three_atoms_at_most_and_begin_with_no_denial():
    both, single, denial = ([0, 1], (False, False)), ([2], (False, False)), ([3], (False, False))
    other, three = ([1], (False, False)), ([0, 1, 2], (False, True))
    pairs = [(single, other), (both, single), (single, both), (denial, single), (single, denial), (both, both),
             (three, single), (([0, 4], (False, False)), single)]  # fmt: skip
    sides = [[one(*pair[side]) for pair in pairs] for side in (0, 1)]
    first, second = (
        Forms(np.concatenate([f.literals for f in own]), np.concatenate([f.is_or for f in own])) for own in sides
    )
    fits, joined = _joined(first, second, LITERALS)
    assert fits.tolist() == [True, True, True, False, False, False, False, True]
    assert Form.at(joined, 2, 3).in_logic(["a", "b", "c"]) == "(a AND b) OR c"
    either = first.truth(LITERALS.rows) | second.truth(LITERALS.rows)
    assert joined.truth(LITERALS.rows)[fits].tolist() == either[fits].tolist()


def test_a_form_that_names_other_atoms_is_refused():
    with pytest.raises(ValueError, match="'siren AND rain' does not go on with 'wind' at 5"):
        clips_of("siren AND rain", [("siren", TRUTH[:, 0]), ("wind", TRUTH[:, 1])])


@given(st.lists(st.lists(st.sampled_from([-1, 0, 1]), min_size=4, max_size=4), min_size=3, max_size=8))
def test_sums_over_literals_come_out_of_sums_over_atoms_and_what_is_known(truth: list[list[int]]):
    literals = Literals(np.array(truth, dtype=np.int8))
    values = np.arange(1.0, len(truth) + 1)
    naive = [
        sum(v for v, t in zip(values, literals.truth[:, a], strict=True) if t == k) for k in (1, 0) for a in range(4)
    ]
    assert literals.spread(values @ literals.columns).tolist() == naive
    assert (values @ literals.rows[:8].T).tolist() == naive


@given(st.lists(st.sampled_from(range(6)), min_size=1, max_size=3), st.tuples(st.booleans(), st.booleans()))
def test_the_clips_of_a_form_are_read_from_its_logic(literals: list[int], is_or: tuple[bool, bool]):
    used = tuple(op and place + 1 < len(literals) for place, op in enumerate(is_or))
    forms = one(literals, (used[0], used[1]))
    form = Form.at(forms, 0, LITERALS.atoms)
    names = ["NOTES OR so", "(a) b", "D"]  # names that look like logic
    held = clips_of(form.in_logic(names), [(names[atom], TRUTH[:, atom]) for atom in form.atoms])
    assert held.tolist() == forms.truth(LITERALS.rows)[0].tolist()
