"""Which concepts, neurons and clips pruning speaks of, and what it refuses."""

import polars as pl
import pytest

from dagster_and.foundation.errors import UserError
from dagster_and.method.pruning.scope import (
    check_named,
    class_labels,
    eligible_neurons,
    held_out_clips,
    pruned_concepts,
    training_clips,
)

NEURONS = pl.DataFrame(
    [(0, 0, "mlp", 0, None), (1, 0, "attention", 0, None), (2, 1, "mlp", 0, None), (3, 2, "head", 1, "rain"),
     (4, 2, "head", 0, "dogBark")],
    schema=["neuron_id", "block_index", "sublayer", "neuron_index", "class_label"], orient="row",
)  # fmt: skip
CLIPS = pl.DataFrame(
    {"clip_id": [4, 3, 2, 1, 0], "fold": [None, 2, 3, 1, 2], "label": ["rain", "rain", "cat", "rain", "dog"]}
)
CONCEPTS = pl.DataFrame({"concept_id": [1, 0, 2], "concept": ["rain", "dog bark", "joy"], "label": [None] * 3})


@pytest.mark.parametrize(
    ("sublayers", "blocks", "kept"),
    [
        (None, None, [0, 1, 2]),
        (["mlp"], None, [0, 2]),
        (None, [0], [0, 1]),
        (["mlp"], [1], [2]),
        (["attention"], [1], []),
    ],
)
def test_neurons_of_the_chosen_sublayers_and_blocks_may_be_cut_and_the_head_never(sublayers, blocks, kept: list[int]):
    assert eligible_neurons(NEURONS, sublayers, blocks)["neuron_id"].to_list() == kept


@pytest.mark.parametrize(
    ("sublayers", "blocks", "sentence"),
    [
        (["mlp", "conv"], None, "pruning.sublayers names 'conv', but the target's are mlp, attention."),
        (
            ["head"],
            None,
            "pruning.sublayers names 'head', but the target's are mlp, attention; the head is always spared.",
        ),
        (None, [1, 7], "pruning.blocks names 7, but the target's are 0, 1."),
    ],
)
def test_a_sublayer_or_block_that_is_not_there_is_refused(sublayers, blocks, sentence: str):
    with pytest.raises(UserError) as refused:
        eligible_neurons(NEURONS, sublayers, blocks)
    assert str(refused.value) == sentence


def test_classes_stand_in_the_order_of_the_logits():
    assert class_labels(NEURONS) == ["dogBark", "rain"]


def test_measured_are_the_clips_of_the_held_out_fold_whose_class_the_target_knows():
    assert held_out_clips(CLIPS, ["rain", "dog"], 2)["clip_id"].to_list() == [0, 3]
    assert held_out_clips(CLIPS, ["rain"], 2)["clip_id"].to_list() == [3]
    assert held_out_clips(CLIPS, ["rain", "dog"], None).schema == CLIPS.schema
    assert held_out_clips(CLIPS, ["rain", "dog"], None).is_empty()


def test_training_clips_are_of_the_training_folds_and_never_of_the_held_out_one():
    def trained_on(fold: int | None, folds: list[int]) -> list[bool] | None:
        found = training_clips(CLIPS, fold, folds)
        return found if found is None else found.to_list()

    assert trained_on(2, []) == [False, True, True, False, False]  # a clip without a fold is of none
    assert trained_on(2, [2, 3]) == [False, False, True, False, False]
    assert trained_on(None, [1]) is None


def test_concepts_that_are_asked_for_are_found_by_any_of_their_names():
    found = pruned_concepts(["Dog_Bark", "rain"], CONCEPTS, ["dogBark", "rain"])
    assert found.rows() == [(0, "dog bark", "dogBark", None), (1, "rain", "rain", None)]
    assert pruned_concepts("all", CONCEPTS, ["rain"])["obstacle"].is_null().to_list() == [False, True, False]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cat", "pruning.concepts names 'cat', which is not in the concept set: write all, or some of dog bark, joy."),
        ("joy", "pruning.concepts names 'joy', which is no class of the target, so there is no logit to watch: "
         "write all, or some of dogBark, rain."),
    ],
)  # fmt: skip
def test_a_concept_that_cannot_be_pruned_is_refused(name: str, sentence: str):
    with pytest.raises(UserError) as refused:
        check_named(["dog bark", name], ["dog bark", "joy"], ["dogBark", "rain"])
    assert str(refused.value) == sentence
