"""Which neurons each strategy chooses, on a network of six neurons that can be checked by eye."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.lake.tables import PRUNED_NEURONS, PRUNINGS
from dagster_and.method.pruning.scope import NO_CLASS, pruned_concepts
from dagster_and.method.pruning.selection import Evidence, Rules, activation_gaps, select, shared_size

ALL = ("OCP", "DB", "TAB", "ICL", "random", "activation_gap")
SIMILARITIES = {"DB": "cosine_cubed", "TAB": "soft_wpmi"}
NEURONS = pl.DataFrame({"neuron_id": range(6)}, schema={"neuron_id": pl.Int32})
CONCEPTS = pl.DataFrame(
    {"concept_id": [0, 1, 2], "concept": ["dog bark", "rain", "bell"], "obstacle": [None, None, "no class"]},
    schema={"concept_id": pl.Int32, "concept": pl.String, "obstacle": pl.String},
)
WORDS = pl.DataFrame(
    [(0, "dog"), (0, "bark"), (1, "dog"), (2, "dog"), (2, "bark"), (3, "train")],
    schema={"neuron_id": pl.Int32, "lemma": pl.String},
    orient="row",
).with_columns(part_of_speech=pl.lit("noun"), occurrences=pl.lit(1, pl.Int32))
PREDICTIONS = pl.DataFrame(
    [
        (0, "DB", "cosine_cubed", 3, 0, 0.5), (1, "DB", "cosine_cubed", 4, 0, 0.4), (2, "DB", "wpmi", 1, 0, 0.9),
        (3, "DB", "cosine_cubed", 1, 1, 0.7), (4, "TAB", "soft_wpmi", 1, 1, -2.0), (9, "DB", "cosine_cubed", 1, 0, 0.9),
    ],
    schema={"neuron_id": pl.Int32, "method": pl.String, "similarity": pl.String, "rank": pl.Int32,
            "concept_id": pl.Int32, "score": pl.Float64},
    orient="row",
)  # fmt: skip
CHOICES = pl.DataFrame(
    [(0, 1, 1), (1, 2, 0), (1, 1, 1), (5, 1, None)],
    schema={"neuron_id": pl.Int32, "rank": pl.Int32, "concept_id": pl.Int32},
    orient="row",
)
GAPS = np.array([[0.1, 0], [0.9, 0], [0.5, 0], [0.9, 0], [-1, 0], [0.2, 0]]) @ np.eye(2, 3)
EVIDENCE = Evidence(WORDS, PREDICTIONS, CHOICES, GAPS)


def chosen(strategy: str, concept: int, seed: int = 0, size_of: str | None = None, **rules) -> list[int]:
    _, pruned = select(NEURONS, CONCEPTS, EVIDENCE, Rules(ALL, similarities=SIMILARITIES, **rules))
    is_cut = (pl.col("strategy") == strategy) & (pl.col("concept_id") == concept) & (pl.col("seed") == seed)
    is_size = pl.col("size_of").eq_missing(size_of) | pl.lit(size_of is None)
    return pruned.filter(is_cut & is_size)["neuron_id"].to_list()


def note(
    strategy: str,
    concept: int,
    evidence: Evidence = EVIDENCE,
    neurons: pl.DataFrame = NEURONS,
    size_of: str | None = None,
) -> str | None:
    prunings, _ = select(neurons, CONCEPTS, evidence, Rules(ALL, similarities=SIMILARITIES))
    is_cut = (pl.col("strategy") == strategy) & (pl.col("concept_id") == concept)
    return prunings.filter(is_cut & (pl.col("size_of").eq_missing(size_of) | pl.lit(size_of is None)))["note"][0]


def test_each_strategy_by_hand():
    assert chosen("OCP", 0) == [0, 2]
    assert chosen("DB", 0) == [0]  # rank 4, another function and a neuron that isn't eligible don't count
    assert chosen("DB", 0, top=4) == [0, 1]
    assert chosen("TAB", 1) == [4]
    assert chosen("ICL", 1) == [0, 1]
    assert chosen("activation_gap", 0) == [1, 3]


def test_icl_heeds_top_as_db_and_tab_do():
    assert chosen("ICL", 0) == [1]  # its second choice
    assert chosen("ICL", 0, top=1) == []
    assert chosen("ICL", 1, top=1) == [0, 1]


def test_random_cuts_as_many_as_each_strategy_and_the_seed_decides_which():
    draws = [chosen("random", 0, seed, "OCP") for seed in range(5)]
    assert all(len(set(draw)) == 2 and set(draw) <= set(range(6)) for draw in draws)
    assert len({tuple(draw) for draw in draws}) > 1
    assert draws == [chosen("random", 0, seed, "OCP") for seed in range(5)]
    prunings, _ = select(NEURONS, CONCEPTS, EVIDENCE, Rules(ALL, similarities=SIMILARITIES))
    own, drawn = (prunings.filter(pl.col("strategy").is_in(of)) for of in (["OCP", "DB", "TAB", "ICL"], ["random"]))
    sizes = {
        (strategy, concept): size for strategy, concept, size in own.select("size_of", "concept_id", "neurons").rows()
    }
    assert len(set(sizes.values())) > 2
    assert drawn.height == 5 * len(sizes)
    assert all(size == sizes[s, c] for s, c, size in drawn.select("size_of", "concept_id", "neurons").rows())


def test_equal_sizes_of_a_seed_are_the_same_neurons_whatever_the_concept_and_strategy():
    assert chosen("random", 1, 3, "DB") == chosen("random", 1, 3, "TAB") == chosen("random", 0, 3, "DB")
    assert len(chosen("random", 1, 3, "DB")) == 1


def naive_grid(highest: int) -> list[int]:
    sizes = [1]
    while sizes[-1] < highest:
        sizes.append(max(sizes[-1] + 1, int(sizes[-1] * 11 / 10)))
    return sizes


@given(st.integers(1, 60_000), st.integers(0, 60_000))
def test_a_shared_size_is_never_smaller_and_less_than_a_tenth_larger(size: int, more: int):
    found = shared_size(size, size + more)
    assert size <= found < 1.1 * size
    assert found <= size + more
    assert shared_size(found, size + more) == found
    assert found == size or found < size + more  # never all that are eligible, unless the strategy cuts them all
    grid = naive_grid(size)
    assert found == (grid[-1] if grid[-1] < size + more else size)


def large(sizes: Sequence[int], how: str, concepts: Sequence[int] = range(20)) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cuts of the first so many of 2,000 neurons for each concept by DB, and their random cuts."""
    neurons = pl.DataFrame({"neuron_id": range(2000)}, schema={"neuron_id": pl.Int32})
    named = pl.DataFrame({"concept_id": concepts, "concept": [f"c{i}" for i in concepts]}).with_columns(
        pl.col("concept_id").cast(pl.Int32), obstacle=pl.lit(None, pl.String)
    )
    tied = [(n, "DB", "cosine_cubed", 1, c, 0.5) for c in concepts for n in range(sizes[c])]
    ranked = pl.DataFrame(tied, schema=PREDICTIONS.schema, orient="row")
    rules = Rules(("DB", "random"), seeds=2, similarities=SIMILARITIES, random_sizes=how)
    return select(neurons, named, Evidence(predictions=ranked), rules)


@pytest.mark.parametrize("how", ["shared", "exact"])
def test_what_is_listed_is_what_is_cut_and_concepts_of_one_size_share_their_draws(how: str):
    sizes = np.random.default_rng(0).integers(1, 1999, 20).tolist()
    prunings, pruned = large(sizes, how)
    assert pruned.equals(pruned.sort(PRUNED_NEURONS.key))
    counted = pruned.group_by(PRUNINGS.key).agg(neurons=pl.len().cast(pl.Int32), distinct=pl.n_unique("neuron_id"))
    cut = prunings.filter(~pl.col("strategy").is_in(["none", "all", "body"]))
    assert cut.join(counted, on=[*PRUNINGS.key, "neurons"]).filter(pl.col("neurons") == pl.col("distinct")).height == 60
    random = cut.filter(pl.col("strategy") == "random")
    wanted = {c: shared_size(n, 2000) if how == "shared" else n for c, n in enumerate(sizes)}
    assert all(wanted[c] == n for c, n in random.select("concept_id", "neurons").rows())
    listed = pruned.filter(pl.col("strategy") == "random").group_by(PRUNINGS.key).agg(ids=pl.col("neuron_id").sort())
    draws = {(wanted[c], seed, tuple(ids)) for c, seed, ids in listed.select("concept_id", "seed", "ids").rows()}
    assert len(draws) == 2 * len(set(wanted.values()))


def test_a_concepts_draws_do_not_depend_on_which_others_are_cut():
    sizes = list(range(50, 250, 10))
    everything, alone = large(sizes, "shared")[1], large(sizes, "shared", [7])[1]
    assert alone.height
    assert everything.filter(pl.col("concept_id") == 7).equals(alone)


def test_activation_gap_cuts_as_many_as_the_named_strategy():
    rules = Rules(("activation_gap", "DB"), size_of="DB", similarities=SIMILARITIES)
    prunings, pruned = select(NEURONS, CONCEPTS, EVIDENCE, rules)
    assert set(prunings.filter(pl.col("strategy") == "activation_gap")["size_of"]) == {"DB"}
    assert pruned.filter(pl.col("strategy") == "activation_gap").select("concept_id", "neuron_id").rows()[0] == (0, 1)


def test_a_concept_that_no_neuron_has_is_a_row_with_a_note():
    assert note("OCP", 1) == "no calibrated summary says rain"
    assert note("random", 1, size_of="OCP") == "OCP cuts no neuron for this concept, and random cuts as many"
    assert note("activation_gap", 1) == "OCP cuts no neuron for this concept, and activation_gap cuts as many"
    assert chosen("random", 1, size_of="OCP") == []


def test_a_concept_that_all_neurons_have_is_cut_and_said():
    two = NEURONS.filter(pl.col("neuron_id").is_in([0, 2]))
    assert note("OCP", 0, neurons=two) == "all 2 eligible neurons are tied to the concept"


def test_a_concept_that_names_no_class_is_never_cut():
    prunings, pruned = select(NEURONS, CONCEPTS, EVIDENCE, Rules(ALL, similarities=SIMILARITIES))
    of_bell = prunings.filter(pl.col("concept_id") == 2)
    assert of_bell["neurons"].sum() == 0
    assert set(of_bell["note"]) == {"no class"}
    assert 2 not in pruned["concept_id"]


def test_every_cut_says_how_many_are_eligible_and_a_control_what_it_cuts():
    prunings, _ = select(NEURONS, CONCEPTS, EVIDENCE, Rules(ALL, similarities=SIMILARITIES))
    assert set(prunings["eligible_neurons"]) == {6}
    controls = prunings.filter((pl.col("size_of").is_in(["none", "all", "body"])) & (pl.col("concept_id") == 0))
    assert controls.select("strategy", "neurons", "note").rows() == [
        ("all", 6, "control: everything eligible is cut"),
        ("body", 6, "control: the head hears zeros, so everything else is cut, recorded or not"),
        ("none", 0, "control: nothing is cut"),
    ]


def test_every_neuron_that_is_cut_has_its_reason_and_score():
    _, pruned = select(NEURONS, CONCEPTS, EVIDENCE, Rules(ALL, similarities=SIMILARITIES, top=4))
    of_dog = pruned.filter((pl.col("concept_id") == 0) & (pl.col("strategy") != "random"))
    assert of_dog.filter(pl.col("strategy") != "OCP").select("strategy", "neuron_id", "reason", "score").rows() == [
        ("DB", 0, "rank 3 by cosine_cubed", 0.5), ("DB", 1, "rank 4 by cosine_cubed", 0.4),
        ("ICL", 1, "choice 2 by its summary", None),
        ("activation_gap", 1, "activation gap, rank 1", 0.9), ("activation_gap", 3, "activation gap, rank 2", 0.9),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "lacking"),
    [("OCP", "neuron_words"), ("DB", "concept_predictions by DB"), ("TAB", "concept_predictions by TAB"),
     ("ICL", "concept_choices")],
)  # fmt: skip
def test_what_a_strategy_needs_and_is_not_there_is_said(strategy: str, lacking: str):
    assert lacking in str(note(strategy, 0, Evidence()))
    assert lacking in str(note(strategy, 0, Evidence(predictions=PREDICTIONS.clear())))


def test_the_gap_needs_training_clips():
    assert "no training folds" in str(note("activation_gap", 0, Evidence(words=WORDS)))
    assert "lack clips" in str(note("activation_gap", 0, Evidence(words=WORDS, gaps=np.full((6, 3), np.nan))))


def test_tables_follow_their_contract_even_when_nothing_is_chosen():
    prunings, pruned = select(NEURONS, CONCEPTS, Evidence(), Rules(ALL, similarities=SIMILARITIES))
    assert prunings.schema == PRUNINGS.frame_schema
    assert pruned.schema == PRUNED_NEURONS.frame_schema
    assert prunings.select(PRUNINGS.key).is_unique().all()


def test_activation_gap_by_hand_sees_training_clips_only():
    """Neuron 0: dog (3, 1), rain (0, 0): means 2 and 0, spread sqrt(1.5); the held-out 100 doesn't count."""
    rows = pa.record_batch(
        {"neuron_id": pa.array([0, 1], pa.int32()), "activation": [[3.0, 1.0, 0.0, 0.0, 100.0], [2.0] * 5]}
    )
    training = np.array([True, True, True, True, False])
    gaps = activation_gaps(
        [rows], pl.Series(["dog", "dog", "rain", "rain", "dog"]), pl.Series(["dog", "cow"]), training
    )
    assert gaps[0, 0] == pytest.approx(2 / np.sqrt(1.5))
    assert gaps[1, 0] == 0  # it never changes
    assert np.isnan(gaps[:, 1]).all()


def test_a_concept_that_no_class_has_says_so_and_why_where_names_have_no_words():
    concepts = pl.DataFrame({"concept_id": [0, 1], "concept": ["dog barks", "LABEL 3"], "label": [None, None]})
    plain, wordless = pruned_concepts("all", concepts, ["dogBark", "rain"]).select("label", "obstacle").rows()
    assert plain == ("dogBark", None)
    assert wordless == (None, f"{NO_CLASS}: 'LABEL 3' is a numbered label, not a word")
    obstacle = pruned_concepts("all", concepts, ["LABEL_0", "LABEL_1"])["obstacle"][0]
    assert obstacle == f"{NO_CLASS}: its classes have no words, for 'LABEL_0' is a numbered label, not a word"
