"""Which neurons have most of a feature; seeds break ties and do nothing else."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_and.method.pruning.feature_importance import (
    Feature,
    ablation_rows,
    correct_after,
    features,
    plan,
    ranking,
    tied,
)

WORDS = pl.DataFrame(
    [
        (0, "adjective", "loud", True), (0, "adjective", "clear", True), (0, "noun", "dog", None),
        (1, "adjective", "other", False), (1, "adjective", "loud", True), (1, "verb", "bark", None),
        (9, "adjective", "muffled", True),
    ],
    schema={"neuron_id": pl.Int32, "part_of_speech": pl.String, "lemma": pl.String, "is_acoustic": pl.Boolean},
    orient="row",
)  # fmt: skip
SENTENCES = pl.DataFrame(
    {"neuron_id": [0, 0, 1], "sentence": ["It is a dog.", "Loud", "Dropped"], "is_kept": [True, True, False]}
)


def scores(singles: int | tuple[str, ...] = 1) -> dict[str, list[float] | None]:
    found = features([0, 1, 2], WORDS, SENTENCES, ["loud"], singles)
    return {f.name: None if f.score is None else f.score.tolist() for f in found}


def test_features_by_hand():
    found = scores()
    assert found["adjectives"] == [2, 1, 0]  # "other" is not acoustic
    assert found["nouns"] == [1, 0, 0]
    assert found["verbs"] == [0, 1, 0]
    assert found["prepositions"] == [0, 0, 0]
    assert found["caption_length"] == [5, 0, 0]
    assert found["basic_adjectives"] == [1, 1, 0]
    assert found["other_adjectives"] == [1, 0, 0]
    assert found["adjective: loud"] == [1, 1, 0]
    assert "adjective: muffled" not in scores(3)  # no eligible neuron has it
    assert scores(("bright",))["adjective: bright"] == [0, 0, 0]


def test_features_stand_in_panels():
    found = features([0, 1, 2], WORDS, SENTENCES, ["loud"], 2)
    assert [(f.panel, f.name) for f in found] == [
        ("a", "adjectives"), ("a", "nouns"), ("a", "verbs"), ("a", "prepositions"), ("a", "caption_length"),
        ("a", "random"), ("b", "basic_adjectives"), ("b", "other_adjectives"), ("c", "adjective: loud"),
        ("c", "adjective: clear"),
    ]  # fmt: skip


def test_equal_cuts_are_run_once_and_those_without_a_score_not_at_all():
    """A network that says class 0 unless neuron 0 is cut; of three clips two are of class 0."""
    scored, unscored = Feature("a", "x", np.array([3.0, 2.0, 1.0])), Feature("a", "y", None, "no words")
    planned = plan([unscored, scored, scored], [0.34], 1)
    ran = []

    def run(cuts):
        ran.extend(cut.tolist() for cut in cuts)
        return np.stack([np.tile([1, 2 * (0 in cut)], (3, 1)) for cut in cuts])

    assert correct_after(planned, ["a", "a", "b"], ["a", "b"], run) == [None, None, 2, 1, 2, 1]
    assert ran == [[], [0]]
    assert correct_after(planned, [], ["a", "b"], run) == [None] * 6
    assert len(ran) == 2


def test_without_words_a_feature_says_so():
    found = features([0, 1], None, None, ["loud"], 3)
    assert [f.name for f in found if f.score is not None] == ["random"]
    assert all(
        "no neuron_words" in f.missing_reason or "no summary_sentences" in f.missing_reason
        for f in found
        if f.score is None
    )
    rows = ablation_rows(plan(found, [0.5], 2), [None] * len(plan(found, [0.5], 2)), [])
    assert rows["accuracy"].null_count() == rows.height
    assert rows["missing_reason"].null_count() == 0
    assert rows["chance_accuracy"].null_count() == rows.height


@given(score=st.lists(st.integers(0, 3), min_size=1, max_size=30), seed=st.integers(0, 99), fraction=st.floats(0, 1))
def test_seeds_only_break_ties(score: list[int], seed: int, fraction: float):
    array = np.array(score, dtype=float)
    order = ranking(array, seed)
    assert sorted(order.tolist()) == list(range(len(score)))
    assert array[order].tolist() == sorted(score, reverse=True)
    cut = order[: round(fraction * len(score))]
    ties = tied(array, cut)
    # what is no tie is cut by every seed
    other = ranking(array, seed + 1)[: len(cut)]
    assert len(set(cut.tolist()) & set(other.tolist())) >= len(cut) - ties


def test_the_plan_starts_at_nothing_and_counts_correctly():
    (random,) = [f for f in features([0, 1, 2, 3], None, None, ["loud"], 0) if f.name == "random"]
    planned = plan([random], [0.25, 0.5], 2)
    assert [(a.fraction, a.seed, len(a.places)) for a in planned] == [
        (0.0, 0, 0), (0.25, 0, 1), (0.5, 0, 2), (0.0, 1, 0), (0.25, 1, 1), (0.5, 1, 2),
    ]  # fmt: skip
    rows = ablation_rows(planned, [2, 1, 0, 2, 2, 1], ["a", "a", "b"])
    assert rows["accuracy"].to_list() == pytest.approx([2 / 3, 1 / 3, 0, 2 / 3, 2 / 3, 1 / 3])
    assert set(rows["chance_accuracy"]) == {2 / 3}
    assert rows["tied_neurons"].to_list() == [a.tied for a in planned]
