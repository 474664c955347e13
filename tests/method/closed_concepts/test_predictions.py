"""Module A: captions against concepts, the best five, and which class a concept names."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import torch

from dagster_and.lake.tables import ACTIVATIONS
from dagster_and.method.closed_concepts.predictions import best_concepts, captioned_match, description_match, predict
from dagster_and.method.closed_concepts.similarity import SIMILARITIES
from dagster_and.method.text.names import class_of, name_in_words

VECTORS = {"dog": [1.0, 0.0], "rain": [0.0, 1.0], "a dog barks": [1.0, 0.0], "rain falls": [0.0, 1.0]}


def encode(texts):
    return np.array([VECTORS[text] for text in texts], dtype=np.float32)


def rows(*values):
    content = [
        {"neuron_id": i, "activation": v, "mean": 0, "standard_deviation": 0, "minimum": 0, "maximum": 0}
        for i, v in enumerate(values)
    ]
    return [pa.RecordBatch.from_pylist(content, schema=ACTIVATIONS.schema)]


def neurons(*layers):
    return pl.DataFrame({"neuron_id": range(len(layers)), "layer_name": layers})


def predict_by_description(batches, layers, captions, concepts, encode):
    yield from predict(batches, layers, {"DB": captioned_match(captions, concepts, encode)})


def test_other_clips_than_the_layers_are_refused():
    match = captioned_match(["a dog barks", "rain falls"], ["dog", "rain"], encode)[1]
    with pytest.raises(ValueError, match="clips must agree"):
        next(predict(rows([1, 0, 2]), neurons("a"), {"DB": (np.arange(3), match)}))


def test_description_match_by_hand():
    """Cosines 1 and 0.98 with temperature 100 differ by e^2."""
    match = description_match(torch.tensor([[1.0, 0.0], [0.98, 0.199]]), torch.tensor([[1.0, 0.0]]))
    assert match.tolist()[0] == pytest.approx([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))], abs=1e-6)


def test_best_concepts_break_ties_by_concept():
    scores, concepts = best_concepts(torch.tensor([[0.5, 0.9, 0.5, 0.9]]), k=3)
    assert concepts.tolist() == [[1, 3, 0]]
    assert scores[0].tolist() == pytest.approx([0.9, 0.9, 0.5])


def test_each_neuron_is_named_by_the_sounds_that_it_follows():
    captions = ["a dog barks", "rain falls", "a dog barks", "rain falls"]
    batches = predict_by_description(
        rows([1, 0, 2, 0], [0, 3, 0, 1]), neurons("a", "a"), captions, ["dog", "rain"], encode
    )
    table = pl.from_arrow(pa.Table.from_batches(batches))
    assert isinstance(table, pl.DataFrame)
    assert table.height == 2 * len(SIMILARITIES) * 2
    best = table.filter(pl.col("rank") == 1)
    for similarity in SIMILARITIES:
        named = best.filter(pl.col("similarity") == similarity).sort("neuron_id")["concept_id"].to_list()
        # among four clips all are top clips: to WPMI, which doesn't weigh them, they say the same of every neuron
        assert named == ([0, 1] if similarity not in ("rank_reorder", "wpmi") else named), similarity
    assert table["method"].unique().to_list() == ["DB"]


def test_a_clip_without_a_caption_is_left_out_on_both_sides():
    with_gap = predict_by_description(
        rows([1, 0, 99, 2]), neurons("a"), ["a dog barks", "rain falls", None, "a dog barks"], ["dog", "rain"], encode
    )
    without = predict_by_description(
        rows([1, 0, 2]), neurons("a"), ["a dog barks", "rain falls", "a dog barks"], ["dog", "rain"], encode
    )
    assert next(with_gap).equals(next(without))


def test_no_caption_at_all_is_an_error():
    with pytest.raises(ValueError, match="not one clip has a caption"):
        next(predict_by_description(rows([1.0]), neurons("a"), [None], ["dog"], encode))


def test_the_layer_is_the_reference_of_wpmi():
    """The same neuron alone in its layer and beside another one scores differently, by the log of the mean."""
    captions = ["a dog barks", "rain falls", "a dog barks"]
    beside = next(predict_by_description(rows([1, 0, 2], [0, 3, 0]), neurons("a", "a"), captions, ["dog"], encode))
    apart = next(predict_by_description(rows([1, 0, 2], [0, 3, 0]), neurons("a", "b"), captions, ["dog"], encode))
    assert (beside.num_rows, apart.num_rows) == (2 * len(SIMILARITIES), len(SIMILARITIES))


@pytest.mark.parametrize(
    ("label", "words"), [("clock_tick", "clock tick"), ("Car-Horn", "Car Horn"), (" a__b ", "a b")]
)
def test_names_in_words(label, words):
    assert name_in_words(label) == words


@pytest.mark.parametrize(
    ("concept", "label"),
    [("Clock tick", "clock_tick"), ("car horn", "Car-Horn"), ("rain", None), ("clock", None)],
)
def test_a_concept_names_a_class_as_a_whole_or_not_at_all(concept, label):
    assert class_of(concept, ["clock_tick", "Car-Horn", "train"]) == label
