"""What has to be run: every set of neurons once, whoever chose it."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.lake.tables import PRUNED_NEURONS, PRUNINGS
from dagster_and.method.pruning.cuts import distinct, plan_cuts, saved

NEURONS = pl.DataFrame(
    {"neuron_id": range(6), "layer_name": ["a", "a", "b", "b", "b", "head"], "neuron_index": [0, 1, 0, 1, 2, 0]},
    schema={"neuron_id": pl.Int32, "layer_name": pl.String, "neuron_index": pl.Int32},
)
ELIGIBLE = NEURONS.head(5)
CONCEPTS = pl.DataFrame(
    {"concept_id": [0, 1, 2], "label": ["dog", "rain", None], "obstacle": [None, None, "no class"]},
    schema={"concept_id": pl.Int32, "label": pl.String, "obstacle": pl.String},
)
CONTROLS = ("none", "all", "body")
KEYS = [(s, c, seed) for s, seeds in (("OCP", 1), ("DB", 1), ("random", 2)) for c in range(3) for seed in range(seeds)]
sets = st.sets(st.integers(0, 4))


def tables(chosen: list[set[int]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """prunings and pruned_neurons of one set for each of KEYS, controls beside them."""
    cuts = [(s, s, c, seed, len(ids)) for (s, c, seed), ids in zip(KEYS, chosen, strict=True)]
    cuts += [(s, s, c, 0, 0 if s == "none" else 5) for s in CONTROLS for c in range(3)]
    key = PRUNINGS.key
    prunings = pl.DataFrame(cuts, schema=[*key, "neurons"], orient="row").with_columns(eligible_neurons=5, note=None)
    rows = [(s, s, c, seed, n) for (s, c, seed), ids in zip(KEYS, chosen, strict=True) for n in ids]
    pruned = pl.DataFrame(rows, schema={k: PRUNED_NEURONS.frame_schema[k] for k in PRUNED_NEURONS.key}, orient="row")
    prunings = prunings.cast(PRUNINGS.frame_schema).sort(key)
    return prunings, pruned.with_columns(reason=pl.lit("x"), score=None).sample(fraction=1, shuffle=True, seed=0)


def neurons_of(cut: object) -> object:
    """A run as the neurons that it cuts."""
    if cut == "body":
        return cut
    assert isinstance(cut, dict)
    layout = {(name, index): i for i, name, index in NEURONS.rows()}
    return frozenset(layout[name, index] for name, rows in cut.items() for index in rows)


@given(st.lists(sets, min_size=len(KEYS), max_size=len(KEYS)))
def test_every_cut_is_run_as_it_is_listed_and_no_set_of_neurons_twice(chosen: list[set[int]]):
    prunings, pruned = tables(chosen)
    planned = plan_cuts(prunings, pruned, CONCEPTS, NEURONS, ELIGIBLE)
    listed = dict(zip(KEYS, chosen, strict=True))
    wanted = {}
    for strategy, _, concept, seed, *_ in prunings.rows():
        ids = {"none": set(), "all": set(range(5)), "body": "body"}.get(strategy, listed.get((strategy, concept, seed)))
        if concept != 2 and (ids or strategy == "none"):
            wanted[strategy, concept, seed] = ids if ids == "body" else frozenset(ids)
    keys = planned.prunings.select("strategy", "concept_id", "seed").rows()
    assert {key: neurons_of(planned.runs[run]) for key, run in zip(keys, planned.run_of, strict=True)} == wanted
    assert len(planned.runs) == len(set(wanted.values()))
    assert set(planned.prunings["label"]) == {"dog", "rain"}


@given(st.lists(st.lists(st.integers(0, 5), unique=True)))
def test_equal_sets_are_one_whatever_their_order(given_sets: list[list[int]]):
    found, place_of = distinct([np.array(one, np.int32) for one in given_sets])
    assert [found[place].tolist() for place in place_of] == [sorted(one) for one in given_sets]
    assert len(found) == len({tuple(sorted(one)) for one in given_sets})


def test_what_was_saved_is_what_was_asked_less_what_was_run():
    assert saved(10, 4) == {"cuts asked": 10, "distinct cuts run": 4, "cuts saved": 6}


def test_nothing_is_run_where_nothing_is_asked():
    prunings, pruned = tables([set()] * len(KEYS))
    planned = plan_cuts(prunings.clear(), pruned, CONCEPTS, NEURONS, ELIGIBLE)
    assert (planned.prunings.height, planned.runs, planned.run_of) == (0, [], [])
